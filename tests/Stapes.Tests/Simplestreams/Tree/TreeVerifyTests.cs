using System.Text.Json.Nodes;
using Stapes.Core;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Tree;
using Stapes.Tests.Images;

namespace Stapes.Tests.Simplestreams.Tree;

public sealed class TreeVerifyTests : IDisposable
{
    private const string Product = "Test:1:default:amd64";
    private const string Version = "202311142213";

    private readonly SampleTree tree = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => tree.Dispose();

    [Fact]
    public async Task A_file_that_two_items_share_is_missing_once()
    {
        await tree.AddContainerAsync();
        File.Delete(Directory.EnumerateFiles(tree["images"], "*.incus.tar.xz").Single());
        (await tree.FaultKindsAsync()).ShouldBe(["missing-file"]);
    }

    [Fact]
    public async Task A_tree_of_every_kind_of_image_has_no_fault_and_a_repair_changes_nothing()
    {
        var metadata = SampleImage.Metadata();
        await tree.AddAsync(metadata, SampleImage.Squashfs());
        await tree.AddAsync(metadata, SampleImage.Qcow2());
        await tree.AddAsync(metadata, SampleImage.Unified());
        await tree.AddAsync(SampleImage.Unified(SampleImage.Yaml("Unified")));
        await tree.AddAsync(SampleImage.UnifiedDisk(SampleImage.Yaml("Disk")));
        (await tree.VerifyAsync()).ShouldBeEmpty();

        var before = tree.Snapshot();
        var (repaired, remaining) = await tree.RepairAsync();
        (repaired.Count, remaining.Count).ShouldBe((0, 0));
        tree.Snapshot().ShouldBe(before);
    }

    [Fact]
    public async Task Each_file_is_read_once()
    {
        var metadata = SampleImage.Metadata();
        await tree.AddAsync(metadata, SampleImage.Squashfs());
        var passed = 0L;
        await TreeVerify.FindFaultsAsync(tree.Tree, n => passed += n, Cancellation);
        passed.ShouldBeLessThan(SampleImage.Squashfs().Length + (4L * metadata.Length));
    }

    [Theory]
    [InlineData("wrong-format", IndexFile.Path)]
    [InlineData("wrong-format", IndexFile.ImagesPath)]
    public async Task A_wrong_format_is_found_and_repaired(string kind, string path)
    {
        await tree.AddContainerAsync();
        tree.Edit(static root => root["format"] = "products:2.0", path);
        await ShouldBeRepairedAsync(kind);
    }

    [Fact]
    public async Task Products_missing_from_the_index_are_found_and_repaired()
    {
        await tree.AddContainerAsync();
        tree.Edit(static root => root["index"]!["images"]!["products"] = new JsonArray("gone"), IndexFile.Path);
        await ShouldBeRepairedAsync("index-disagrees", "index-disagrees");
    }

    [Fact]
    public async Task An_index_without_the_products_file_is_found_and_repaired()
    {
        await tree.AddContainerAsync();
        tree.Edit(static root => root["index"] = new JsonObject(), IndexFile.Path);
        await ShouldBeRepairedAsync("index-disagrees");
    }

    [Fact]
    public async Task A_missing_index_is_one_fault_among_the_others_and_is_repaired()
    {
        await tree.AddContainerAsync();
        File.Delete(tree[IndexFile.Path]);
        tree.Write("images/orphan", "x");
        (await tree.FaultKindsAsync()).ShouldBe(["missing-index", "unlisted-file"]);
        File.Delete(tree["images/orphan"]);
        await ShouldBeRepairedAsync("missing-index");
    }

    [Fact]
    public async Task No_tree_at_all_is_a_fault() => (await tree.FaultKindsAsync()).ShouldBe(["missing-index"]);

    [Theory]
    [InlineData(IndexFile.Path, "")]
    [InlineData(IndexFile.Path, "{")]
    [InlineData(IndexFile.ImagesPath, "[]")]
    [InlineData(IndexFile.ImagesPath, "{\"products\":[]}")]
    [InlineData(IndexFile.Path, "{\"index\":{\"a\":{\"datatype\":\"image-downloads\",\"path\":\"../a.json\"}}}")]
    [InlineData(IndexFile.Path, "{\"index\":{\"a\":{\"datatype\":\"image-downloads\",\"path\":\"streams/v1/gone.json\"}}}")]
    public async Task An_index_that_cannot_be_read_is_a_fault_and_never_overwritten(string path, string content)
    {
        await tree.AddContainerAsync();
        tree.Write(path, content);
        var before = tree.Snapshot();
        (await tree.FaultKindsAsync()).ShouldBe(["unreadable-index"]);
        foreach (var change in (Func<Task>[])[() => tree.RepairAsync(), () => tree.AddContainerAsync("b"), () => tree.PruneAsync(), () => tree.RemoveAsync("a")])
            await Should.ThrowAsync<StapesException>(change);
        tree.Snapshot().ShouldBe(before);
    }

    [Fact]
    public async Task Missing_truncated_and_altered_files_are_all_found()
    {
        await tree.AddContainerAsync("one");
        await tree.AddContainerAsync("two", os: "B");
        await tree.AddContainerAsync("three", os: "C");
        var roots = (await tree.ListAsync()).ToDictionary(static i => i.Properties["os"], i => tree[i.RootItem!.Value.Path!]);
        File.Delete(roots["Test"]);
        File.WriteAllBytes(roots["B"], File.ReadAllBytes(roots["B"])[..^10]);
        var altered = File.ReadAllBytes(roots["C"]);
        altered[^1] ^= 1;
        File.WriteAllBytes(roots["C"], altered);

        var faults = await tree.VerifyAsync();
        faults.Select(static f => f.Kind).Order().ShouldBe(["altered-file", "altered-file", "missing-file"]);
        faults.Select(static f => f.What).ShouldContain(static w => w.Contains("is cut off"));
        faults.Select(static f => f.What).ShouldContain(static w => w.Contains("was altered"));
        faults.ShouldAllBe(static f => !f.CanRepair);
        (await tree.RepairAsync()).Remaining.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_path_of_a_directory_is_a_fault()
    {
        await tree.AddContainerAsync();
        EditItem("squashfs", static item => item["path"] = "images");
        (await tree.FaultKindsAsync()).ShouldContain("unreadable-file");
    }

    [Fact]
    public async Task A_wrong_size_is_found_and_repaired()
    {
        await tree.AddContainerAsync();
        EditItem("squashfs", static item => item["size"] = 5);
        EditItem("incus.tar.xz", static item => item.Remove("size"));
        await ShouldBeRepairedAsync("wrong-size", "wrong-size");
    }

    [Theory]
    [InlineData("wrong-combined-hash", "0000")]
    [InlineData("missing-combined-hash", null)]
    public async Task A_wrong_or_missing_combined_hash_is_found_and_repaired(string kind, string? value)
    {
        await tree.AddContainerAsync();
        EditItem("lxd.tar.xz", item => item["combined_squashfs_sha256"] = value);
        await ShouldBeRepairedAsync(kind);
    }

    [Fact]
    public async Task Items_without_a_hash_or_a_path_are_found()
    {
        await tree.AddContainerAsync();
        EditItem("squashfs", static item => item["sha256"] = "none");
        EditItem("lxd.tar.xz", static item => item.Remove("path"));
        (await tree.FaultKindsAsync()).ShouldBe(["skipped-version", "missing-path", "missing-hash"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_clients_pass_over_is_found()
    {
        foreach (var os in (string[])["A", "B", "C", "D", "E"])
            await tree.AddContainerAsync(os: os);
        tree.Edit(static root =>
        {
            var products = root["products"]!.AsObject();
            products["A:1:default:amd64"]!["arch"] = "vax";
            Rename(products["B:1:default:amd64"]!["versions"]!.AsObject(), Version, "daily");
            products["C:1:default:amd64"]!["versions"]![Version]!["items"]!.AsObject().Remove("squashfs");
            var items = products["D:1:default:amd64"]!["versions"]![Version]!["items"]!.AsObject();
            items.Remove("incus.tar.xz");
            items.Remove("lxd.tar.xz");
            products["E:1:default:amd64"]!["versions"] = new JsonObject();
        });
        (await tree.VerifyAsync()).Where(static f => f.Kind != "unlisted-file").Select(static f => $"{f.Kind} {f.Where}").ShouldBe(
        [
            "skipped-product A:1:default:amd64", "skipped-version B:1:default:amd64:daily", $"skipped-version C:1:default:amd64:{Version}",
            $"skipped-version D:1:default:amd64:{Version}", "empty-product E:1:default:amd64",
        ]);
    }

    [Fact]
    public async Task Clashing_aliases_are_found_and_blanks_in_them_repaired()
    {
        await tree.AddContainerAsync(os: "A");
        await tree.AddContainerAsync(os: "B");
        tree.Edit(static root => root["products"]!["A:1:default:amd64"]!["aliases"] = "a, b,");
        await ShouldBeRepairedAsync("untrimmed-alias", "untrimmed-alias");
        tree.Read()["products"]!["A:1:default:amd64"]!["aliases"]!.GetValue<string>().ShouldBe("a,b");

        tree.Edit(static root => root["products"]!["B:1:default:amd64"]!["aliases"] = "b");
        var clash = (await tree.VerifyAsync()).ShouldHaveSingleItem();
        (clash.Kind, clash.CanRepair).ShouldBe(("alias-clash", false));
        clash.What.ShouldContain("claimed by A:1:default:amd64 and B:1:default:amd64");
    }

    [Fact]
    public async Task Deltas_that_Incus_cannot_use_are_found()
    {
        await tree.AddContainerAsync();
        await tree.AddContainerAsync("newer", options: new() { Serial = "20250101" });
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml("Vm")), SampleImage.Qcow2());
        await tree.AddAsync(SampleImage.Metadata(SampleImage.Yaml("Vm")), SampleImage.Qcow2("newer"), new() { Serial = "20250101" });
        tree.Edit(static root =>
        {
            var items = root["products"]![Product]!["versions"]!["20250101"]!["items"]!;
            foreach (var key in (string[])["delta", "delta2"])
                items[key] = new JsonObject { ["ftype"] = "squashfs.vcdiff", ["path"] = "images/none", ["delta_base"] = Version };
            root["products"]!["Vm:1:default:amd64"]!["versions"]!["20250101"]!["items"]!["delta"] =
                new JsonObject { ["ftype"] = "disk-kvm.img.vcdiff", ["path"] = "images/none", ["delta_base"] = Version };
        });
        (await tree.FaultKindsAsync()).ShouldBe(["delta-clash", "disk-delta", "missing-file", "missing-file"]);
    }

    [Fact]
    public async Task Streams_of_one_file_name_are_found()
    {
        await tree.AddContainerAsync();
        tree.Write("daily/images.json", """{"format":"products:1.0","products":{}}""");
        tree.Edit(static root => root["index"]!["daily"] = new JsonObject { ["datatype"] = "image-downloads", ["path"] = "daily/images.json", ["products"] = new JsonArray() }, IndexFile.Path);
        (await tree.FaultKindsAsync()).ShouldBe(["stream-clash"]);
    }

    private static void Rename(JsonObject parent, string old, string name)
    {
        var node = parent[old]!.DeepClone();
        parent.Remove(old);
        parent[name] = node;
    }

    private void EditItem(string key, Action<JsonObject> change) =>
        tree.Edit(root => change(root["products"]![Product]!["versions"]![Version]!["items"]![key]!.AsObject()));

    private async Task ShouldBeRepairedAsync(params string[] kinds)
    {
        (await tree.FaultKindsAsync()).ShouldBe(kinds);
        var (repaired, remaining) = await tree.RepairAsync();
        repaired.Select(static f => f.Kind).ShouldBe(kinds);
        remaining.ShouldBeEmpty();
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }
}
