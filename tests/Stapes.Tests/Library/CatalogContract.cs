using CsCheck;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Tests.Library;

/// <summary>What every <see cref="ICatalog"/> must do with images and aliases.</summary>
public abstract class CatalogContract
{
    private protected static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>A new catalogue; the same one again when it was closed.</summary>
    private protected abstract ICatalog Open();

    [Fact]
    public async Task Everything_that_is_said_of_an_image_survives_a_restart()
    {
        var image = TestImages.Record(1) with
        {
            Project = "other",
            FileName = "ü \"x\".tar.xz",
            Public = true,
            AutoUpdate = true,
            Cached = true,
            Properties = new Dictionary<string, string> { ["os"] = "Übuntu", ["a"] = "'; DROP TABLE images; --", ["empty"] = "" },
            Profiles = ["default", "big"],
            ExpiresAt = Now.AddMilliseconds(7),
            LastUsedAt = Now.AddHours(1),
            UpdateSource = new("ubuntu/24.04", "https://images.example", "simplestreams", "PEM", "container"),
            Aliases = [new("a", "first"), new("b", "")],
        };
        string before;
        await using (var catalog = Open())
        {
            var change = await AddAsync(catalog, image);
            change.Images[image.Key].ShouldNotBeNull().Describe().ShouldBe(image.Describe());
            before = (await catalog.LoadAsync(Cancellation)).Describe();
        }

        await using var again = Open();
        var snapshot = await again.LoadAsync(Cancellation);
        snapshot.Describe().ShouldBe(before);
        (await again.GetGenerationAsync(Cancellation)).ShouldBe(snapshot.Generation);
        snapshot.Images.ShouldHaveSingleItem().Describe().ShouldBe(image.Describe());
        snapshot.Aliases.Select(static a => a.Name).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task An_image_that_is_there_is_a_conflict_and_changes_nothing()
    {
        await using var catalog = Open();
        await AddAsync(catalog, TestImages.Record(1));
        var before = (await catalog.LoadAsync(Cancellation)).Describe();

        (await FailsAsync(() => AddAsync(catalog, TestImages.Record(1) with { Aliases = [new("new", "")] }))).ShouldBe(ErrorKind.Conflict);

        (await catalog.LoadAsync(Cancellation)).Describe().ShouldBe(before);
        await AddAsync(catalog, TestImages.Record(1) with { Project = "other" });
    }

    [Fact]
    public async Task An_image_whose_blobs_were_not_claimed_is_refused()
    {
        await using var catalog = Open();

        await Should.ThrowAsync<InvalidOperationException>(
            () => catalog.AddImageAsync(Guid.NewGuid(), TestImages.Record(1), replaceAliases: false, Cancellation));

        (await catalog.LoadAsync(Cancellation)).Images.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_precondition_changes_nothing()
    {
        await using var catalog = Open();
        var key = TestImages.Record(1).Key;
        await AddAsync(catalog, TestImages.Record(1));
        var before = (await catalog.LoadAsync(Cancellation)).Describe();

        (await FailsAsync(() => catalog.UpdateImageAsync(key, static _ => throw Stale(), Cancellation))).ShouldBe(ErrorKind.PreconditionFailed);
        (await FailsAsync(() => catalog.DeleteImageAsync(key, static _ => throw Stale(), Now, Cancellation))).ShouldBe(ErrorKind.PreconditionFailed);
        (await FailsAsync(() => catalog.ChangeAliasAsync(new("default", "a"), static _ => throw Stale(), Cancellation))).ShouldBe(ErrorKind.PreconditionFailed);

        (await catalog.LoadAsync(Cancellation)).Describe().ShouldBe(before);
    }

    [Fact]
    public async Task An_update_cannot_change_what_an_image_is()
    {
        await using var catalog = Open();
        await AddAsync(catalog, TestImages.Record(1));

        await Should.ThrowAsync<ArgumentException>(() => catalog.UpdateImageAsync(
            TestImages.Record(1).Key, static i => i with { Type = ImageType.VirtualMachine }, Cancellation));
    }

    [Fact]
    public async Task What_is_not_there_is_not_found()
    {
        await using var catalog = Open();
        var key = TestImages.Record(1).Key;

        (await FailsAsync(() => catalog.UpdateImageAsync(key, static i => i, Cancellation))).ShouldBe(ErrorKind.NotFound);
        (await FailsAsync(() => catalog.DeleteImageAsync(key, static _ => { }, Now, Cancellation))).ShouldBe(ErrorKind.NotFound);
        (await FailsAsync(() => catalog.ChangeAliasAsync(new("default", "a"), _ => Leading("a", key.Fingerprint), Cancellation))).ShouldBe(ErrorKind.NotFound);
        await catalog.TouchImageAsync(key, Now, Cancellation);
    }

    [Fact]
    public async Task Being_used_is_noted_without_a_new_generation()
    {
        await using var catalog = Open();
        var generation = (await AddAsync(catalog, TestImages.Record(1))).Generation;

        await catalog.TouchImageAsync(TestImages.Record(1).Key, Now, Cancellation);

        var snapshot = await catalog.LoadAsync(Cancellation);
        snapshot.Generation.ShouldBe(generation);
        snapshot.Images[0].LastUsedAt.ShouldBe(Now);
    }

    [Fact]
    public async Task An_alias_leads_to_one_image_of_each_type_and_architecture()
    {
        await using var catalog = Open();
        ImageAlias[] alias = [new("a", "")];
        var amd = TestImages.Record(1) with { Aliases = alias };
        var arm = TestImages.Record(2, "aarch64") with { Aliases = [new("a", "said later")] };
        var machine = TestImages.Record(3) with { Aliases = alias, Type = ImageType.VirtualMachine };
        var second = TestImages.Record(4) with { Aliases = alias };
        foreach (var image in new[] { amd, arm, machine })
            await AddAsync(catalog, image);

        (await FailsAsync(() => AddAsync(catalog, second))).ShouldBe(ErrorKind.Conflict);
        var snapshot = await catalog.LoadAsync(Cancellation);
        snapshot.Resolve("default", "a", null, amd.Architecture)!.Fingerprint.ShouldBe(amd.Fingerprint);
        snapshot.Resolve("default", "a", null, arm.Architecture)!.Fingerprint.ShouldBe(arm.Fingerprint);
        snapshot.Resolve("default", "a", ImageType.VirtualMachine, null)!.Fingerprint.ShouldBe(machine.Fingerprint);
        snapshot.Resolve("default", "a", ImageType.VirtualMachine, arm.Architecture).ShouldBeNull();
        snapshot.FindAlias("default", "a")!.Description.ShouldBe("said later");

        var change = await AddAsync(catalog, second, replaceAliases: true);
        change.Images[amd.Key]!.Aliases.ShouldBeEmpty();
        change.Images[second.Key]!.Aliases.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task An_alias_goes_with_the_last_image_that_it_leads_to()
    {
        await using var catalog = Open();
        await AddAsync(catalog, TestImages.Record(1) with { Aliases = [new("a", "")] });
        await AddAsync(catalog, TestImages.Record(2, "aarch64") with { Aliases = [new("a", "")] });

        await catalog.DeleteImageAsync(TestImages.Record(1).Key, static _ => { }, Now, Cancellation);
        (await catalog.LoadAsync(Cancellation)).FindAlias("default", "a")!.Targets.ShouldHaveSingleItem();

        var change = await catalog.DeleteImageAsync(TestImages.Record(2).Key, static _ => { }, Now, Cancellation);
        change.Aliases[new("default", "a")].ShouldBeNull();
    }

    [Fact]
    public async Task An_alias_can_be_renamed_but_not_to_one_that_exists()
    {
        await using var catalog = Open();
        await AddAsync(catalog, TestImages.Record(1) with { Aliases = [new("a", "text"), new("b", "")] });

        (await FailsAsync(() => catalog.ChangeAliasAsync(new("default", "a"), static a => a! with { Name = "b" }, Cancellation))).ShouldBe(ErrorKind.Conflict);
        await catalog.ChangeAliasAsync(new("default", "a"), static a => a! with { Name = "c" }, Cancellation);

        var snapshot = await catalog.LoadAsync(Cancellation);
        snapshot.Images[0].Aliases.ShouldBe([new("b", ""), new("c", "text")]);
    }

    [Fact]
    public async Task An_alias_cannot_lead_to_two_images_of_one_type_and_architecture()
    {
        await using var catalog = Open();
        await AddAsync(catalog, TestImages.Record(1) with { Aliases = [new("a", "")] });
        await AddAsync(catalog, TestImages.Record(2));
        var second = Leading("a", TestImages.Record(2).Fingerprint);

        (await FailsAsync(() => catalog.ChangeAliasAsync(
            second.Key, present => second with { Targets = [.. present!.Targets, .. second.Targets] }, Cancellation))).ShouldBe(ErrorKind.Conflict);
        await catalog.ChangeAliasAsync(second.Key, _ => second, Cancellation);

        (await catalog.LoadAsync(Cancellation)).Resolve("default", "a", null, null)!.Fingerprint.ShouldBe(TestImages.Record(2).Fingerprint);
    }

    [Fact]
    public async Task A_snapshot_that_follows_the_changes_equals_one_that_is_read_anew()
    {
        await using var catalog = Open();
        var followed = await catalog.LoadAsync(Cancellation);
        var step = Gen.Select(Gen.Int[0, 5], Gen.Int[1, 6], Gen.Int[1, 4]);
        await step.Array[60].SampleAsync(async steps =>
        {
            foreach (var (what, number, alias) in steps)
            {
                var change = await ApplyAsync(catalog, what, TestImages.Record(number, number % 2 == 0 ? "x86_64" : "aarch64"), new("default", $"a{alias}"));
                followed = change is null ? followed : followed.With(change);
            }

            followed.Describe().ShouldBe((await catalog.LoadAsync(Cancellation)).Describe());
        }, iter: 10, threads: 1);
    }

    internal static async Task<CatalogChange> AddAsync(ICatalog catalog, Image image, bool replaceAliases = false)
    {
        var claim = Guid.NewGuid();
        (await catalog.TryClaimAsync(claim, [image.MetadataFile, image.RootFile!], Cancellation)).ShouldBeTrue();
        try
        {
            return await catalog.AddImageAsync(claim, image, replaceAliases, Cancellation);
        }
        catch (StapesException)
        {
            await catalog.ReleaseClaimAsync(claim, Cancellation);
            throw;
        }
    }

    private protected static async Task<ErrorKind> FailsAsync(Func<Task> action) => (await Should.ThrowAsync<StapesException>(action)).Kind;

    private static async Task<CatalogChange?> ApplyAsync(ICatalog catalog, int what, Image image, AliasKey alias)
    {
        try
        {
            return what switch
            {
                0 or 1 => await AddAsync(catalog, image with { Aliases = [new(alias.Name, "")] }, replaceAliases: what == 0),
                2 => await catalog.DeleteImageAsync(image.Key, static _ => { }, Now, Cancellation),
                3 => await catalog.UpdateImageAsync(image.Key, static i => i with { Public = !i.Public }, Cancellation),
                4 => await catalog.ChangeAliasAsync(alias, present => present is null ? Leading(alias.Name, image.Fingerprint) : null, Cancellation),
                _ => await catalog.ChangeAliasAsync(alias, present => present is null ? null : present with { Name = alias.Name + "x" }, Cancellation),
            };
        }
        catch (StapesException)
        {
            return null;
        }
    }

    private static Alias Leading(string name, Sha256Digest image) =>
        new() { Name = name, Targets = [new(ImageType.Container, Architecture.Local, image)] };

    private static StapesException Stale() => new(ErrorKind.PreconditionFailed, "It has changed");
}
