using System.Security.Cryptography;
using Stapes.Core;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Tree;
using Stapes.Tests.Images;

namespace Stapes.Tests.Simplestreams.Tree;

public sealed class TreeAddTests : IDisposable
{
    private readonly SampleTree tree = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => tree.Dispose();

    [Fact]
    public async Task The_first_image_makes_a_tree_that_has_no_fault()
    {
        var added = await tree.AddContainerAsync();

        (added.Product, added.Serial).ShouldBe(("Test:1:default:amd64", "202311142213"));
        added.Warnings.ShouldBeEmpty();
        var image = (await tree.ListAsync()).ShouldHaveSingleItem();
        image.Aliases.ShouldBe(["Test/1/default", "Test/1/default/amd64"]);
        tree.Read(IndexFile.Path).ToJsonString().ShouldBe(
            """{"format":"index:1.0","index":{"images":{"datatype":"image-downloads","format":"products:1.0","path":"streams/v1/images.json","products":["Test:1:default:amd64"]}}}""");
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Everybody_can_read_what_a_web_server_serves()
    {
        await tree.AddContainerAsync();
        foreach (var path in Directory.EnumerateFileSystemEntries(tree.Root, "*", SearchOption.AllDirectories).Where(static p => !p.Contains("/.stapes")))
            File.GetUnixFileMode(path).HasFlag(UnixFileMode.OtherRead).ShouldBeTrue(path);
        Directory.EnumerateFiles(tree[".stapes/tmp"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_image_is_listed_for_Incus_and_LXD_over_one_file()
    {
        await tree.AddContainerAsync();
        var items = tree.Product()["versions"]!["202311142213"]!["items"]!;
        items.AsObject().Select(static i => i.Key).ShouldBe(["incus.tar.xz", "lxd.tar.xz", "squashfs"]);
        items["incus.tar.xz"]!["path"]!.GetValue<string>().ShouldBe(items["lxd.tar.xz"]!["path"]!.GetValue<string>());
        tree.Files().Length.ShouldBe(2);
    }

    [Fact]
    public async Task An_image_may_be_listed_for_one_of_them_first_and_the_other_later()
    {
        await tree.AddContainerAsync(options: new() { Audiences = [Audience.Incus] });
        (await tree.ListAsync()).Count.ShouldBe(1);
        await Should.ThrowAsync<StapesException>(() => tree.AddContainerAsync(options: new() { Audiences = [Audience.Incus] }));
        await tree.AddContainerAsync(options: new() { Audiences = [Audience.Lxd] });
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
        tree.Product()["versions"]!.AsObject().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Each_file_is_named_after_its_own_hash_and_two_disks_with_one_metadata_both_stay()
    {
        var metadata = SampleImage.Metadata();
        await tree.AddAsync(metadata, SampleImage.Squashfs());
        await tree.AddAsync(metadata, SampleImage.Qcow2("one"));
        await tree.AddAsync(metadata, SampleImage.Qcow2("two"));

        tree.Files().Length.ShouldBe(4);
        foreach (var file in tree.Files())
            Path.GetFileName(file).ShouldStartWith(Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(tree[file], Cancellation))));
        (await tree.ListAsync()).Count.ShouldBe(3);
        tree.Product()["versions"]!.AsObject().Select(static v => v.Key).ShouldBe(["202311142213", "202311142213.001"]);
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Images_of_one_minute_are_never_mixed()
    {
        var created = 1_700_000_000;
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml(created: created)), SampleImage.Squashfs("a"));
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml(created: created + 1)), SampleImage.Qcow2("b"));
        await tree.AddAsync(SampleImage.Unified(SampleImage.Yaml(created: created + 2)));
        await tree.AddAsync(SampleImage.UnifiedDisk(SampleImage.Yaml(created: created + 3)));
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml(created: created + 4)), SampleImage.Squashfs("c"));

        (await tree.ListAsync()).Select(static i => i.Version.Serial).Distinct().Count().ShouldBe(5);
        (await tree.ListAsync()).Count.ShouldBe(5);
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_image_that_is_there_already_changes_nothing()
    {
        await tree.AddContainerAsync();
        await tree.AddAsync(SampleImage.Unified(SampleImage.Yaml("Other")));
        var before = tree.Snapshot();
        (await Should.ThrowAsync<AlreadyListedException>(() => tree.AddContainerAsync())).Message.ShouldContain("Already have the image");
        await Should.ThrowAsync<AlreadyListedException>(() => tree.AddAsync(SampleImage.Unified(SampleImage.Yaml("Other"))));
        tree.Snapshot().ShouldBe(before);
    }

    [Fact]
    public async Task Aliases_are_added_to_a_product_that_exists()
    {
        await tree.AddContainerAsync();
        await tree.AddContainerAsync("newer", created: 1_700_100_000, options: new() { Aliases = ["test", "test/1"] });
        tree.Product()["aliases"]!.GetValue<string>().ShouldBe("Test/1/default,test,test/1");
    }

    [Fact]
    public async Task A_taken_alias_is_refused_and_the_tree_stays()
    {
        await tree.AddContainerAsync(options: new() { Aliases = ["edge"] });
        var before = tree.Snapshot();
        (await Should.ThrowAsync<StapesException>(() => tree.AddContainerAsync("other", os: "Other", options: new() { Aliases = ["edge"] })))
            .Message.ShouldContain("The alias \"edge\" belongs to the product Test:1:default:amd64");
        foreach (var alias in (string[])["", "a,b", "a b", "a\n"])
            await Should.ThrowAsync<StapesException>(() => tree.AddContainerAsync("other", os: "Other", options: new() { Aliases = [alias] }));
        tree.Snapshot().ShouldBe(before);
    }

    [Fact]
    public async Task One_alias_may_lead_to_a_container_a_virtual_machine_and_other_architectures()
    {
        await tree.AddContainerAsync(options: new() { Aliases = ["edge"] });
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml("Vm")), SampleImage.Qcow2(), new() { Aliases = ["edge"] });
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml(architecture: "aarch64")), SampleImage.Squashfs(), new() { Aliases = ["edge"] });
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_first_image_of_another_type_warns_of_aliases_that_clash_from_then_on()
    {
        await tree.AddContainerAsync(options: new() { Aliases = ["edge"] });
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml("Vm")), SampleImage.Qcow2(), new() { Aliases = ["edge"] });
        var added = await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml("Vm")), SampleImage.Squashfs("another"));
        added.Warnings.ShouldHaveSingleItem().ShouldContain("The alias \"edge\" of Vm:1:default:amd64 leads to Test:1:default:amd64 too");
    }

    [Fact]
    public async Task A_default_alias_that_no_client_could_use_is_left_out_with_a_warning()
    {
        var added = await tree.AddContainerAsync(os: "Debian GNU/Linux");
        added.Warnings.ShouldHaveSingleItem().ShouldContain("cannot be an alias");
        (await tree.AddContainerAsync("x", os: "Other", options: new() { DefaultAlias = false })).Warnings.ShouldBeEmpty();
        tree.Product("Other:1:default:amd64")["aliases"]!.GetValue<string>().ShouldBe("");
    }

    [Fact]
    public async Task What_an_image_requires_reaches_the_product()
    {
        const string More = "  secureboot: false\n  requirements.cgroup: v2\n  requirements.nesting: 'true'\n  nesting: 'false'\n";
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml(more: More)), SampleImage.Squashfs(),
            new() { Requirements = new Dictionary<string, string> { ["cgroup"] = "v1", ["own"] = "x" }, ReleaseTitle = "One", SupportEol = new(2030, 1, 2) });
        tree.Product()["requirements"]!.ToJsonString().ShouldBe("""{"cgroup":"v1","nesting":"true","own":"x","secureboot":"false"}""");
        (tree.Product()["release_title"]!.ToString(), tree.Product()["support_eol"]!.ToString()).ShouldBe(("One", "2030-01-02"));
    }

    [Fact]
    public async Task What_Stapes_does_not_know_survives()
    {
        await tree.AddContainerAsync();
        tree.Edit(static root =>
        {
            root["updated"] = "Thu, 01 Jan 1970 00:00:00 +0000";
            root["creator"] = new System.Text.Json.Nodes.JsonObject { ["name"] = "hand" };
            var product = root["products"]!["Test:1:default:amd64"]!;
            product["lxd_requirements"] = new System.Text.Json.Nodes.JsonObject { ["secureboot"] = "false" };
            product["versions"]!["202311142213"]!["label"] = "release";
            product["versions"]!["202311142213"]!["items"]!["manifest"] = new System.Text.Json.Nodes.JsonObject { ["ftype"] = "manifest", ["size"] = 1.5 };
            product["versions"]!["202311142213"]!["items"]!["squashfs"]!["mirrors"] = new System.Text.Json.Nodes.JsonArray("a", null, 3);
        });
        tree.Edit(static root =>
        {
            root["updated"] = "Thu, 01 Jan 1970 00:00:00 +0000";
            root["index"]!["com.example:download"] = new System.Text.Json.Nodes.JsonObject { ["datatype"] = "other", ["path"] = "streams/v1/other.json" };
        }, IndexFile.Path);
        var (images, index) = (tree.Read(), tree.Read(IndexFile.Path));

        await tree.AddContainerAsync("other", os: "Other");
        tree.Read()["updated"]!.ToString().ShouldNotBe(images["updated"]!.ToString());
        tree.Read(IndexFile.Path)["updated"]!.ToString().ShouldNotBe(index["updated"]!.ToString());
        tree.Edit(static root => root["products"]!.AsObject().Remove("Other:1:default:amd64"));
        tree.Edit(root => root["updated"] = images["updated"]!.DeepClone());
        System.Text.Json.Nodes.JsonNode.DeepEquals(tree.Read(), images).ShouldBeTrue();
        System.Text.Json.Nodes.JsonNode.DeepEquals(tree.Read(IndexFile.Path)["index"]!["com.example:download"], index["index"]!["com.example:download"]).ShouldBeTrue();
    }

    [Fact]
    public async Task A_product_of_another_stream_is_extended_there()
    {
        await tree.AddContainerAsync();
        File.Move(tree["streams/v1/images.json"], tree["streams/v1/daily.json"]);
        tree.Edit(static root => root["index"]!["images"]!["path"] = "streams/v1/daily.json", IndexFile.Path);
        await tree.AddContainerAsync("newer", created: 1_700_100_000);
        tree.Read("streams/v1/daily.json")["products"]!["Test:1:default:amd64"]!["versions"]!.AsObject().Count.ShouldBe(2);
        File.Exists(tree["streams/v1/images.json"]).ShouldBeFalse();
        await tree.AddContainerAsync("other", os: "Other");
        tree.Read(IndexFile.Path)["index"]!.AsObject().Count.ShouldBe(2);
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_item_of_another_key_and_path_is_taken_over()
    {
        await tree.AddContainerAsync();
        File.Move(tree[tree.Files().Single(static f => f.EndsWith(".tar.xz", StringComparison.Ordinal))], tree["images/hand-made.tar.xz"]);
        tree.Edit(static root =>
        {
            var items = root["products"]!["Test:1:default:amd64"]!["versions"]!["202311142213"]!["items"]!.AsObject();
            var metadata = items["incus.tar.xz"]!.DeepClone();
            metadata["path"] = "images/hand-made.tar.xz";
            items.Remove("incus.tar.xz");
            items.Remove("lxd.tar.xz");
            items["own-key"] = metadata;
        });
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml()), SampleImage.Qcow2());
        (await tree.ListAsync()).Count.ShouldBe(2);
        (await tree.FaultKindsAsync()).ShouldBe(["missing-combined-hash"]);
    }

    [Fact]
    public async Task Serials_can_be_chosen_but_not_badly()
    {
        (await tree.AddContainerAsync(options: new() { Serial = "20240607_07:42" })).Serial.ShouldBe("20240607_07:42");
        var before = tree.Snapshot();
        (await Should.ThrowAsync<StapesException>(() => tree.AddContainerAsync("b", options: new() { Serial = "20240607_07:42" }))).Message.ShouldContain("has another image as version");
        (await Should.ThrowAsync<StapesException>(() => tree.AddContainerAsync("b", os: "New", options: new() { Serial = "latest" }))).Message.ShouldContain("Clients would not list");
        tree.Snapshot().ShouldBe(before);
    }

    [Fact]
    public async Task Links_are_followed()
    {
        var metadata = tree.Source("metadata", SampleImage.Metadata());
        var link = metadata + ".link";
        File.CreateSymbolicLink(link, metadata);
        var root = tree.Source("root", SampleImage.Squashfs());
        File.CreateSymbolicLink(root + ".link", root);
        await tree.AddFilesAsync(link, root + ".link", move: true);
        tree.Files().ShouldAllBe(f => new FileInfo(tree[f]).LinkTarget == null);
        (File.Exists(metadata), File.Exists(root), File.Exists(link)).ShouldBe((true, true, false));
    }

    [Fact]
    public async Task A_move_takes_the_files_away_only_when_they_are_listed()
    {
        var (metadata, root) = (tree.Source("metadata", SampleImage.Metadata()), tree.Source("root", SampleImage.Squashfs()));
        await Should.ThrowAsync<StapesException>(() => tree.AddFilesAsync(metadata, root, new() { Serial = "bad" }, move: true));
        (File.Exists(metadata), File.Exists(root)).ShouldBe((true, true));
        await tree.AddFilesAsync(metadata, root, move: true);
        (File.Exists(metadata), File.Exists(root)).ShouldBe((false, false));
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_tarball_may_be_metadata_and_root(bool move)
    {
        var file = tree.Source("image", SampleImage.Unified());
        await tree.AddFilesAsync(file, file, move: move);
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
        File.Exists(file).ShouldBe(!move);
    }

    [Fact]
    public async Task A_failure_in_an_empty_directory_leaves_it_empty()
    {
        Directory.CreateDirectory(tree.Root);
        await Should.ThrowAsync<StapesException>(() => tree.AddAsync([], SampleImage.Squashfs()));
        await Should.ThrowAsync<StapesException>(() => tree.AddAsync(SampleImage.Metadata(), "garbage"u8.ToArray()));
        await Should.ThrowAsync<StapesException>(() => tree.AddFilesAsync("nowhere", null));
        await Should.ThrowAsync<StapesException>(() => tree.AddFilesAsync(tree.Root, null));
        Directory.EnumerateFileSystemEntries(tree.Root).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("os: Test", "os2: Test", "Missing property \"os\"")]
    [InlineData("release:", "release2:", "Missing property \"release\"")]
    [InlineData("  os:", "  architecture: arm64\n  os:", "make them agree")]
    [InlineData("  os:", "  architecture: vax\n  os:", "is unknown")]
    public async Task Metadata_that_names_no_product_is_refused(string old, string replacement, string expected) =>
        (await Should.ThrowAsync<StapesException>(() => tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml().Replace(old, replacement)), SampleImage.Squashfs())))
            .Message.ShouldContain(expected);

    [Fact]
    public async Task A_product_of_another_architecture_is_not_extended()
    {
        await tree.AddContainerAsync(options: new() { ProductName = "p" });
        (await Should.ThrowAsync<StapesException>(() =>
            tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml(architecture: "aarch64")), SampleImage.Squashfs("a"), new() { ProductName = "p" })))
            .Message.ShouldContain("choose another --product-name");
    }

    [Fact]
    public async Task Fifty_adds_at_once_all_arrive()
    {
        await Parallel.ForAsync(0, 50, Cancellation, async (i, _) => await tree.AddContainerAsync($"root {i}", os: $"Os{i % 5}"));
        (await tree.ListAsync()).Count.ShouldBe(50);
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_refused_image_leaves_no_trace_in_a_transaction_that_goes_on()
    {
        await tree.AddContainerAsync(options: new() { Aliases = ["edge"] });
        var before = tree.Snapshot();
        using var staged = await StagedImage.ReadAsync(
            tree.Tree, tree.Source("m", SampleImage.Metadata(SampleImage.Yaml("Other"))), tree.Source("r", SampleImage.Squashfs()), move: false, progress: null, flush: true, Cancellation);
        await tree.ChangeAsync(transaction =>
        {
            Should.Throw<StapesException>(() => TreeAdd.Add(transaction, staged.Image, new() { Aliases = ["edge"] }, (file, path) => staged.PlaceIn(transaction, file, path)));
            transaction.Change(transaction.Content.Images);
        });
        tree.Snapshot().ShouldBe(before);
    }

    [Fact]
    public async Task A_commit_that_fails_takes_back_what_it_placed()
    {
        await tree.AddContainerAsync();
        var before = tree.Snapshot();
        var source = tree.Source("file", [1]);
        await Should.ThrowAsync<IOException>(() => tree.ChangeAsync(transaction =>
        {
            transaction.Place("images/one", target => File.Copy(source, target));
            transaction.Place("images/two", static _ => throw new IOException("No space left on device"));
            transaction.Change(transaction.Content.Images);
        }));
        tree.Snapshot().ShouldBe(before);
        Directory.EnumerateFiles(tree[".stapes/tmp"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task Equal_trees_are_equal_bytes_and_products_are_sorted()
    {
        using var other = new SampleTree();
        foreach (var os in (string[])["C", "A", "B"])
            await tree.AddContainerAsync(os: os);
        foreach (var os in (string[])["B", "C", "A"])
            await other.AddContainerAsync(os: os);
        (await File.ReadAllBytesAsync(other[IndexFile.ImagesPath], Cancellation)).ShouldBe(await File.ReadAllBytesAsync(tree[IndexFile.ImagesPath], Cancellation));
        (await File.ReadAllBytesAsync(other[IndexFile.Path], Cancellation)).ShouldBe(await File.ReadAllBytesAsync(tree[IndexFile.Path], Cancellation));
        tree.Read()["products"]!.AsObject().Select(static p => p.Key[0]).ShouldBe(['A', 'B', 'C']);
    }
}
