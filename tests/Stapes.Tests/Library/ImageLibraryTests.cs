using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Tests.Library;

public sealed class ImageLibraryTests : LibraryTest
{
    [Fact]
    public async Task An_added_image_is_there_with_its_bytes_also_after_a_restart()
    {
        var (metadata, root) = (TestImages.Metadata("1"), TestImages.Root("x"));
        string before;
        await using (var library = await OpenAsync())
        {
            var image = await library.AddAsync(TestImages.Upload(metadata, root), new()
            {
                Public = true,
                Properties = new Dictionary<string, string> { ["serial"] = "overridden", ["more"] = "yes" },
                Aliases = [new("test/1", "A test")],
                FileName = "incus.tar",
            }, Cancellation);
            image.Fingerprint.ShouldBe(TestImages.Digest([.. metadata, .. root]));
            image.Size.ShouldBe(metadata.Length + root.Length);
            image.UploadedAt.ShouldBe(Time.Now);
            image.Properties.ShouldBe(new Dictionary<string, string> { ["more"] = "yes", ["os"] = "Test", ["serial"] = "overridden" });
            before = (await library.GetSnapshotAsync(Cancellation)).Describe();
        }

        await using var again = await OpenAsync();
        var snapshot = await again.GetSnapshotAsync(Cancellation);
        snapshot.Describe().ShouldBe(before);
        snapshot.Resolve("default", "test/1", null, null)!.RootFormat.ShouldBe(RootFormat.Tarball);
        await ShouldHoldExactlyItsImagesAsync(again);
    }

    [Fact]
    public async Task A_snapshot_that_was_let_go_is_read_again_with_what_changed_meanwhile()
    {
        await using var library = await OpenAsync();
        var first = await library.AddAsync(TestImages.Upload("1"), new(), Cancellation);
        var before = await library.GetSnapshotAsync(Cancellation);

        library.ReleaseSnapshot();
        var same = await library.GetSnapshotAsync(Cancellation);
        library.ReleaseSnapshot();
        var second = await library.AddAsync(TestImages.Upload("2"), new(), Cancellation);
        var after = await library.GetSnapshotAsync(Cancellation);

        same.ShouldNotBeSameAs(before);
        same.Generation.ShouldBe(before.Generation);
        same.Images.Select(static i => i.Key).ShouldBe([first.Key]);
        after.Images.Select(static i => i.Key).ShouldBe([first.Key, second.Key], ignoreOrder: true);
    }

    [Fact]
    public async Task An_image_that_is_there_is_a_conflict_and_its_second_copy_takes_no_space()
    {
        await using var library = await OpenAsync();
        var image = await library.AddAsync(TestImages.Upload("1"), new(), Cancellation);

        (await FailsAsync(() => library.AddAsync(TestImages.Upload("1"), new(), Cancellation))).ShouldBe(ErrorKind.Conflict);
        var unread = new ImageUpload(new("never", static _ => throw new InvalidOperationException("It was read.")));
        (await FailsAsync(() => library.AddAsync(unread, new() { ExpectedFingerprint = image.Fingerprint }, Cancellation))).ShouldBe(ErrorKind.Conflict);

        await ShouldHoldExactlyItsImagesAsync(library);
    }

    [Fact]
    public async Task One_image_in_two_projects_shares_its_bytes()
    {
        await using var library = await OpenAsync(TimeSpan.Zero);
        var image = await library.AddAsync(TestImages.Upload("1"), new(), Cancellation);
        await library.AddAsync(TestImages.Upload("1"), new() { Project = "other" }, Cancellation);
        Files("blobs").Count().ShouldBe(1);

        await library.DeleteAsync(image.Key, null, Cancellation);
        Time.Now += TimeSpan.FromDays(1);
        (await library.CollectAsync(Cancellation)).ShouldBe(0);
        await ShouldHoldExactlyItsImagesAsync(library);
    }

    [Fact]
    public async Task A_wrong_fingerprint_is_refused_and_leaves_nothing()
    {
        await using var library = await OpenAsync();

        (await FailsAsync(() => library.AddAsync(
            TestImages.Upload("1"), new() { ExpectedFingerprint = TestImages.Digest("other") }, Cancellation))).ShouldBe(ErrorKind.Invalid);

        await ShouldHoldExactlyItsImagesAsync(library);
    }

    [Fact]
    public async Task A_file_that_is_no_image_is_refused_and_leaves_nothing()
    {
        await using var library = await OpenAsync();

        (await FailsAsync(() => library.AddAsync(TestImages.Upload("no image at all"u8.ToArray()), new(), Cancellation))).ShouldBe(ErrorKind.Invalid);

        await ShouldHoldExactlyItsImagesAsync(library);
    }

    [Fact]
    public async Task An_upload_that_breaks_off_is_refused_and_leaves_nothing()
    {
        await using var library = await OpenAsync();
        var upload = new ImageUpload(
            new("metadata", new MemoryStream(TestImages.Metadata("1"))),
            new("rootfs", static _ => throw new IOException("the connection was reset")));

        var error = await Should.ThrowAsync<StapesException>(() => library.AddAsync(upload, new(), Cancellation));

        error.Kind.ShouldBe(ErrorKind.Invalid);
        error.Message.ShouldContain("rootfs broke off after 0 bytes (the connection was reset)");
        await ShouldHoldExactlyItsImagesAsync(library);
    }

    [Fact]
    public async Task A_staged_image_that_is_not_added_leaves_nothing()
    {
        await using var library = await OpenAsync();
        using (var staged = await library.StageAsync(TestImages.Upload("1"), Cancellation))
            staged.Image.Metadata.Properties["serial"].ShouldBe("1");

        await ShouldHoldExactlyItsImagesAsync(library);
    }

    [Fact]
    public async Task A_taken_alias_is_a_conflict_and_the_image_leaves_nothing()
    {
        await using var library = await OpenAsync();
        await library.AddAsync(TestImages.Upload("1"), new() { Aliases = [new("a", "")] }, Cancellation);

        (await FailsAsync(() => library.AddAsync(TestImages.Upload("2"), new() { Aliases = [new("a", "")] }, Cancellation))).ShouldBe(ErrorKind.Conflict);
        await ShouldHoldExactlyItsImagesAsync(library);

        await library.AddAsync(TestImages.Upload("2"), new() { Aliases = [new("a", "")], ReplaceAliases = true }, Cancellation);
        (await library.GetSnapshotAsync(Cancellation)).Resolve("default", "a", null, null)!.Properties["serial"].ShouldBe("2");
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\0b")]
    public async Task A_name_that_nobody_can_ask_for_is_no_alias(string name)
    {
        await using var library = await OpenAsync();

        (await FailsAsync(() => library.AddAsync(TestImages.Upload("1"), new() { Aliases = [new(name, "")] }, Cancellation))).ShouldBe(ErrorKind.Invalid);
    }

    [Fact]
    public async Task A_hundred_imports_at_once_all_succeed()
    {
        await using var library = await OpenAsync();
        var images = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Task.Run(() => library.AddAsync(
            TestImages.Upload(TestImages.Metadata($"{i}"), TestImages.Root($"{i % 10}", 100_000)), new() { Aliases = [new($"a{i}", "")] }, Cancellation))));

        var snapshot = await library.GetSnapshotAsync(Cancellation);
        snapshot.Images.Select(static i => i.Fingerprint).ShouldBe(images.Select(static i => i.Fingerprint), ignoreOrder: true);
        snapshot.Aliases.Count.ShouldBe(100);
        await ShouldHoldExactlyItsImagesAsync(library);
    }

    [Fact]
    public async Task Of_twenty_imports_of_one_image_one_succeeds()
    {
        await using var library = await OpenAsync();
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            try
            {
                return await library.AddAsync(TestImages.Upload("1"), new(), Cancellation);
            }
            catch (StapesException e) when (e.Kind is ErrorKind.Conflict)
            {
                return null;
            }
        })));

        results.Count(static r => r is not null).ShouldBe(1);
        await ShouldHoldExactlyItsImagesAsync(library);
    }

    [Fact]
    public async Task Changes_are_seen_at_once_and_told()
    {
        await using var library = await OpenAsync();
        var told = 0;
        library.Changed += (_, _) => told++;
        var image = await library.AddAsync(TestImages.Upload("1"), new(), Cancellation);
        var before = await library.GetSnapshotAsync(Cancellation);

        (await library.UpdateAsync(image.Key, static i => i with { Public = true }, Cancellation)).Public.ShouldBeTrue();

        var after = await library.GetSnapshotAsync(Cancellation);
        (before.Images[0].Public, after.Images[0].Public).ShouldBe((false, true));
        after.Generation.ShouldBeGreaterThan(before.Generation);
        told.ShouldBe(2);
    }

    [Fact]
    public async Task An_image_is_noted_as_used_once_an_hour()
    {
        await using var library = await OpenAsync();
        var image = await library.AddAsync(TestImages.Upload("1"), new(), Cancellation);
        var start = Time.Now;
        foreach (var minutes in new[] { 0, 30, 61 })
        {
            Time.Now = start.AddMinutes(minutes);
            await library.TouchAsync(image.Key, Cancellation);
            (await library.GetSnapshotAsync(Cancellation)).Images[0].LastUsedAt.ShouldBe(start.AddMinutes(minutes == 61 ? 61 : 0));
        }
    }

    [Fact]
    public async Task Aliases_are_made_changed_renamed_and_deleted()
    {
        await using var library = await OpenAsync();
        var amd = await library.AddAsync(TestImages.Upload("1"), new(), Cancellation);
        var arm = await library.AddAsync(TestImages.Upload("2", "aarch64"), new(), Cancellation);
        AliasKey key = new("default", "a");

        await library.CreateAliasAsync(key, "text", amd.Fingerprint, Cancellation);
        await library.CreateAliasAsync(key, "", arm.Fingerprint, Cancellation);
        (await FailsAsync(() => library.CreateAliasAsync(key, "", amd.Fingerprint, Cancellation))).ShouldBe(ErrorKind.Conflict);
        await library.UpdateAliasAsync(key, static a => a with { Description = "new" }, Cancellation);
        await library.RenameAliasAsync(key, "b", Cancellation);

        (await FailsAsync(() => library.DeleteAliasAsync(key, Cancellation))).ShouldBe(ErrorKind.NotFound);
        var snapshot = await library.GetSnapshotAsync(Cancellation);
        snapshot.Aliases.ShouldHaveSingleItem().Targets.Count.ShouldBe(2);
        snapshot.Resolve("default", "b", null, Architecture.Parse("aarch64"))!.Fingerprint.ShouldBe(arm.Fingerprint);
        snapshot.Images.ShouldAllBe(static i => i.Aliases.Single() == new ImageAlias("b", "new"));
        await library.DeleteAliasAsync(new("default", "b"), Cancellation);
        (await library.GetSnapshotAsync(Cancellation)).Images.ShouldAllBe(static i => i.Aliases.Count == 0);
    }

    [Fact]
    public async Task Strangers_get_only_the_bytes_of_public_images()
    {
        await using var library = await OpenAsync();
        var hidden = await library.AddAsync(TestImages.Upload("1"), new(), Cancellation);
        var shown = await library.AddAsync(TestImages.Upload("2"), new() { Public = true }, Cancellation);
        await library.DeleteAsync(shown.Key, null, Cancellation);

        (await HashAsync(library, hidden.Fingerprint, Audience.Everyone)).ShouldBeNull();
        (await HashAsync(library, hidden.Fingerprint)).ShouldBe(hidden.Fingerprint);
        (await HashAsync(library, shown.Fingerprint, Audience.Everyone)).ShouldBe(shown.Fingerprint, "deleted within the grace period");
        Time.Now += TimeSpan.FromHours(3);
        (await HashAsync(library, shown.Fingerprint, Audience.Everyone)).ShouldBeNull("the grace period is over");
    }
}
