using Stapes.Core;
using Stapes.Protocols.Simplestreams;
using Stapes.Tests.Images;

namespace Stapes.Tests.Simplestreams.Tree;

public sealed class TreeRemoveTests : IDisposable
{
    private const string Product = "Test:1:default:amd64";

    private readonly SampleTree tree = new();

    public void Dispose() => tree.Dispose();

    [Fact]
    public async Task The_last_image_takes_its_product_and_its_files_along()
    {
        await tree.AddContainerAsync();
        var files = tree.Files();
        (await tree.RemoveAsync((await tree.ListAsync()).Single().Fingerprint[..12])).ShouldBe(files);
        tree.Files().ShouldBeEmpty();
        tree.Read()["products"]!.AsObject().ShouldBeEmpty();
        tree.Read(IndexFile.Path)["index"]!["images"]!["products"]!.AsArray().ShouldBeEmpty();
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_image_is_gone_from_every_product_that_lists_it()
    {
        await tree.AddContainerAsync(options: new() { ProductName = "one" });
        await tree.AddContainerAsync(options: new() { ProductName = "two", DefaultAlias = false });
        await tree.RemoveAsync((await tree.ListAsync())[0].Fingerprint);
        tree.Read()["products"]!.AsObject().ShouldBeEmpty();
        tree.Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task Files_that_another_image_shares_stay()
    {
        var metadata = SampleImage.Metadata();
        await tree.AddAsync(metadata, SampleImage.Squashfs(), new() { ProductName = "one" });
        await tree.AddAsync(metadata, SampleImage.Qcow2(), new() { ProductName = "one" });
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml(created: 1_800_000_000)), SampleImage.Squashfs(), new() { ProductName = "two", DefaultAlias = false });

        var images = (await tree.ListAsync()).ToDictionary(static i => $"{i.Product.Name} {i.RootItem!.Value.FileType}", static i => i.Fingerprint);
        (await tree.RemoveAsync(images["one squashfs"])).ShouldBeEmpty();
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
        (await tree.RemoveAsync(images["one disk-kvm.img"])).Count.ShouldBe(2);
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
        (await tree.ListAsync()).ShouldHaveSingleItem().Product.Name.ShouldBe("two");
    }

    [Fact]
    public async Task A_unified_image_is_removed_for_Incus_and_LXD()
    {
        await tree.AddAsync(SampleImage.Unified());
        (await tree.RemoveAsync((await tree.ListAsync()).Single().Fingerprint.ToUpperInvariant())).Count.ShouldBe(1);
        tree.Read()["products"]!.AsObject().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("ffffffffffffffff")]
    [InlineData("no digits")]
    public async Task Removing_what_is_not_there_is_an_error_and_changes_nothing(string fingerprint)
    {
        await tree.AddContainerAsync();
        var before = tree.Snapshot();
        (await Should.ThrowAsync<StapesException>(() => tree.RemoveAsync(fingerprint))).Kind.ShouldBe(ErrorKind.NotFound);
        tree.Snapshot().ShouldBe(before);
    }

    [Fact]
    public async Task A_start_that_fits_several_images_is_an_error()
    {
        for (var i = 0; i < 17; i++)
            await tree.AddContainerAsync($"root {i}");
        var twice = (await tree.ListAsync()).GroupBy(static i => i.Fingerprint[..1]).First(static g => g.Count() > 1).Key;
        (await Should.ThrowAsync<StapesException>(() => tree.RemoveAsync(twice))).Message.ShouldStartWith("More than one match");
    }

    [Fact]
    public async Task What_is_half_empty_elsewhere_is_left_alone()
    {
        await tree.AddContainerAsync();
        tree.Write("streams/v1/daily.json", """
            {"format":"products:1.0","products":{"empty":{"arch":"amd64","versions":{}},"half":{"arch":"amd64","versions":
            {"20240101":{"items":{"incus.tar.xz":{"ftype":"incus.tar.xz","path":"images/half"}}}}}}}
            """);
        tree.Write("images/half", "half");
        tree.Edit(static root => root["index"]!["daily"] = new System.Text.Json.Nodes.JsonObject
        {
            ["datatype"] = "image-downloads", ["path"] = "streams/v1/daily.json", ["products"] = new System.Text.Json.Nodes.JsonArray("empty", "half"),
        }, IndexFile.Path);
        var daily = tree.Read("streams/v1/daily.json").ToJsonString();

        await tree.RemoveAsync((await tree.ListAsync()).Single().Fingerprint);
        tree.Read("streams/v1/daily.json").ToJsonString().ShouldBe(daily);
        tree.Files().ShouldBe(["images/half"]);
        tree.Read(IndexFile.Path)["index"]!["daily"]!["products"]!.ToJsonString().ShouldBe("""["empty","half"]""");
    }

    [Fact]
    public async Task A_delta_goes_with_its_root_and_other_items_stay()
    {
        await tree.AddContainerAsync();
        await tree.AddContainerAsync("newer", created: 1_700_100_000);
        tree.Write("images/delta", "delta");
        tree.Edit(static root => root["products"]![Product]!["versions"]!["202311160200"]!["items"]!["squashfs.vcdiff"] =
            new System.Text.Json.Nodes.JsonObject { ["ftype"] = "squashfs.vcdiff", ["path"] = "images/delta", ["delta_base"] = "202311142213" });
        (await tree.RemoveAsync((await tree.ListAsync())[0].Fingerprint)).ShouldContain("images/delta");
        tree.Product()["versions"]!.AsObject().ShouldHaveSingleItem().Key.ShouldBe("202311142213");
    }

    [Fact]
    public async Task An_index_that_names_itself_as_an_image_is_not_deleted()
    {
        await tree.AddContainerAsync();
        tree.Edit(static root => root["products"]![Product]!["versions"]!["202311142213"]!["items"]!["squashfs"]!["path"] = "streams/v1/images.json");
        await tree.RemoveAsync((await tree.ListAsync())[0].Fingerprint);
        File.Exists(tree[IndexFile.ImagesPath]).ShouldBeTrue();
        File.Exists(tree[IndexFile.Path]).ShouldBeTrue();
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("images/../../outside")]
    public async Task An_index_with_a_path_that_leaves_the_tree_stops_every_change(string path)
    {
        await tree.AddContainerAsync();
        var outside = Path.Combine(tree.Root, "..", "outside");
        await File.WriteAllTextAsync(outside, "mine", TestContext.Current.CancellationToken);
        tree.Edit(root => root["products"]![Product]!["versions"]!["202311142213"]!["items"]!["squashfs"]!["path"] = path);
        var before = tree.Snapshot();

        foreach (var change in (Func<Task>[])[() => tree.RemoveAsync("a"), () => tree.PruneAsync(), () => tree.AddContainerAsync("b")])
            (await Should.ThrowAsync<StapesException>(change)).Message.ShouldContain($"the path \"{path}\" leaves the tree");
        (await tree.FaultKindsAsync()).ShouldContain("path-outside");
        tree.Snapshot().ShouldBe(before);
        File.Exists(outside).ShouldBeTrue();
    }

    [Fact]
    public async Task Where_there_is_no_tree_nothing_is_made()
    {
        Directory.CreateDirectory(tree.Root);
        (await Should.ThrowAsync<StapesException>(() => tree.RemoveAsync("a"))).Message.ShouldContain("There is no simplestreams tree in");
        (await Should.ThrowAsync<StapesException>(() => tree.ListAsync())).Message.ShouldContain("There is no simplestreams tree in");
        Directory.EnumerateFileSystemEntries(tree.Root).ShouldBeEmpty();
    }
}
