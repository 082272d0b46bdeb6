using System.Diagnostics;
using System.Text.Json.Nodes;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Serving;
using Stapes.Protocols.Simplestreams.Tree;
using Stapes.Tests.Images;
using Stapes.Tests.Library;
using Stapes.Tests.Simplestreams.Tree;
using Asker = Stapes.Core.Library.Audience;
using Audience = Stapes.Protocols.Simplestreams.Audience;

namespace Stapes.Tests.Protocols.Simplestreams;

public sealed class TreeSourceTests : IDisposable
{
    private readonly SampleTree tree = new();
    private readonly KeptLog log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => tree.Dispose();

    [Fact]
    public async Task A_tree_is_served_with_its_own_products_serials_and_aliases()
    {
        var options = new AddOptions { Aliases = ["test/lts"], ReleaseTitle = "One", SupportEol = new DateOnly(2031, 2, 3), Requirements = new Dictionary<string, string> { ["secureboot"] = "false" } };
        await tree.AddContainerAsync("one", created: 1_700_000_000, options: options);
        await tree.AddContainerAsync("two", created: 1_710_000_000);
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml("Test", created: 1_710_000_000)), SampleImage.Qcow2());
        await tree.AddAsync(SampleImage.Unified(SampleImage.Yaml("Other")), options: new() { ProductName = "org.example:other", DefaultAlias = false });
        await using var source = await OpenAsync();

        var served = ProductsFile.Parse("images.json", IndexWriter.WriteProducts(ServedIndex.Of(await ImagesAsync(source))));
        var original = await tree.ListAsync();
        var again = AliasTable.Apply(ClientView.Images(served.Products, Audience.Incus), Architecture.Local);
        again.Select(Describe).ShouldBe(original.Select(Describe));
        served.Products.Select(static p => p.Name).ShouldBe(["Test:1:default:amd64", "org.example:other"]);
        (await ImagesAsync(source)).ShouldAllBe(static i => i.Public);
    }

    [Fact]
    public async Task The_files_of_the_tree_are_read_by_their_digest()
    {
        await tree.AddContainerAsync("one");
        await using var source = await OpenAsync();
        var image = (await ImagesAsync(source)).ShouldHaveSingleItem();
        foreach (var file in new[] { image.MetadataFile, image.RootFile! })
        {
            await using var blob = await source.OpenBlobAsync(file.Digest, Asker.Everyone, Cancellation);
            var bytes = new byte[file.Size];
            await blob!.OpenRead(0, blob.Length).ReadExactlyAsync(bytes, Cancellation);
            TestImages.Digest(bytes).ShouldBe(file.Digest);
        }

        (await source.OpenBlobAsync(TestImages.Digest("other"), Asker.Everyone, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task What_is_added_and_removed_shows_and_the_generation_grows()
    {
        await tree.AddContainerAsync("one");
        await using var source = await OpenAsync();
        var before = await source.GetSnapshotAsync(Cancellation);
        var changes = 0;
        source.Changed += (_, _) => Interlocked.Increment(ref changes);
        await tree.AddContainerAsync("two", created: 1_710_000_000);
        await EventuallyAsync(async () => (await ImagesAsync(source)).Count == 2);
        var after = await source.GetSnapshotAsync(Cancellation);
        after.Generation.ShouldBeGreaterThan(before.Generation);
        changes.ShouldBe(1);

        var gone = before.Images[0];
        await tree.RemoveAsync(gone.Fingerprint.Hex);
        await EventuallyAsync(async () => (await ImagesAsync(source)).Count == 1);
        (await source.GetSnapshotAsync(Cancellation)).Resolve(Image.DefaultProject, "Test/1/default", type: null, architecture: null)!.Fingerprint.ShouldNotBe(gone.Fingerprint);
    }

    [Fact]
    public async Task The_files_of_an_image_that_left_the_index_can_be_had_while_they_are_there()
    {
        await tree.AddContainerAsync("one");
        await using var source = await OpenAsync();
        var image = (await ImagesAsync(source)).Single();
        tree.Edit(static root => root["products"] = new JsonObject());
        await EventuallyAsync(async () => (await ImagesAsync(source)).Count == 0);
        await using (var blob = await source.OpenBlobAsync(image.RootFile!.Digest, Asker.Everyone, Cancellation))
            blob.ShouldNotBeNull();
        File.Delete(tree[$"images/{image.RootFile.Digest}.squashfs"]);
        (await source.OpenBlobAsync(image.RootFile.Digest, Asker.Everyone, Cancellation)).ShouldBeNull();
    }

    [Theory]
    [InlineData("{ \"products\": ")]
    [InlineData("")]
    [InlineData("[]")]
    public async Task A_broken_index_keeps_what_was_read_before_and_is_told_once(string broken)
    {
        await tree.AddContainerAsync("one");
        await using var source = await OpenAsync();
        var good = File.ReadAllText(tree[IndexFile.ImagesPath]);
        tree.Write(IndexFile.ImagesPath, broken);
        await EventuallyAsync(() => Task.FromResult(log.Lines.Any(static l => l.Contains("cannot be read", StringComparison.Ordinal))));
        (await ImagesAsync(source)).ShouldHaveSingleItem();
        tree.Write(IndexFile.ImagesPath, good);
        await EventuallyAsync(() => Task.FromResult(log.Lines.Any(static l => l.EndsWith("can be read again", StringComparison.Ordinal))));
        (await ImagesAsync(source)).ShouldHaveSingleItem();
        log.Lines.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_image_shows_only_while_its_files_are_there()
    {
        await tree.AddContainerAsync("one");
        await using var source = await OpenAsync();
        var root = tree.Files().Single(static f => f.EndsWith(".squashfs", StringComparison.Ordinal));
        File.Move(tree[root], tree["elsewhere"]);
        await EventuallyAsync(async () => (await ImagesAsync(source)).Count == 0);
        File.Move(tree["elsewhere"], tree[root]);
        await EventuallyAsync(async () => (await ImagesAsync(source)).Count == 1);
    }

    [Fact]
    public async Task Paths_that_leave_the_tree_and_what_is_no_file_are_not_served()
    {
        await tree.AddContainerAsync("one");
        var root = tree.Files().Single(static f => f.EndsWith(".squashfs", StringComparison.Ordinal));
        File.Copy(tree[root], Path.Combine(tree.Root, "../outside.squashfs"));
        SetRootPath("../outside.squashfs");
        await using (var source = await OpenAsync())
        {
            (await ImagesAsync(source)).ShouldBeEmpty();
            (await source.OpenBlobAsync(TestImages.Digest(File.ReadAllBytes(tree[root])), Asker.Everyone, Cancellation)).ShouldBeNull();
        }

        using (var made = Process.Start("mkfifo", tree["images/pipe.squashfs"]))
            await made.WaitForExitAsync(Cancellation);
        SetRootPath("images/pipe.squashfs");
        await using (var source = await OpenAsync())
            (await ImagesAsync(source)).ShouldBeEmpty();

        void SetRootPath(string path) => tree.Edit(root =>
            root["products"]!["Test:1:default:amd64"]!["versions"]!.AsObject().Single().Value!["items"]!["squashfs"]!["path"] = path);
    }

    [Fact]
    public async Task Links_are_followed_as_web_servers_do()
    {
        await tree.AddContainerAsync("one");
        var root = tree.Files().Single(static f => f.EndsWith(".squashfs", StringComparison.Ordinal));
        File.Move(tree[root], Path.Combine(tree.Root, "../moved.squashfs"));
        File.CreateSymbolicLink(tree[root], Path.Combine(tree.Root, "../moved.squashfs"));
        await using var source = await OpenAsync();
        var image = (await ImagesAsync(source)).ShouldHaveSingleItem();
        await using var blob = await source.OpenBlobAsync(image.RootFile!.Digest, Asker.Everyone, Cancellation);
        blob!.Length.ShouldBe(image.RootFile.Size);
    }

    [Fact]
    public async Task A_directory_without_an_index_is_empty_until_it_gets_one()
    {
        Directory.CreateDirectory(tree.Root);
        await using var source = await OpenAsync();
        (await ImagesAsync(source)).ShouldBeEmpty();
        log.Lines.ShouldHaveSingleItem().ShouldContain("streams/v1/index.json is missing");
        await tree.AddContainerAsync("one");
        await EventuallyAsync(async () => (await ImagesAsync(source)).Count == 1);
    }

    [Fact]
    public async Task A_directory_that_does_not_exist_is_refused() =>
        (await Should.ThrowAsync<StapesException>(() => OpenAsync())).Kind.ShouldBe(ErrorKind.NotFound);

    private static string Describe(ListedImage image) => string.Join(' ',
        image.Fingerprint, image.Product.Name, image.Version.Serial, image.Type, image.Size, image.ExpiresAt, image.CreatedAt,
        string.Join(',', image.Aliases), string.Join(',', image.Properties.OrderBy(static p => p.Key, StringComparer.Ordinal)));

    private static async Task<IReadOnlyList<Image>> ImagesAsync(TreeSource source) => (await source.GetSnapshotAsync(Cancellation)).Images;

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
            await Task.Delay(20, Cancellation);
    }

    private Task<TreeSource> OpenAsync() => TreeSource.OpenAsync(tree.Root, log, TimeSpan.FromHours(2), Cancellation);
}
