using System.Text.Json.Nodes;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Tree;
using Stapes.Tests.Images;

namespace Stapes.Tests.Simplestreams.Tree;

public sealed class TreePruneTests : IDisposable
{
    private const string Product = "Test:1:default:amd64";

    private readonly SampleTree tree = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => tree.Dispose();

    [Fact]
    public async Task The_newest_version_and_as_many_older_ones_as_asked_for_stay()
    {
        await AddDaysAsync(5);
        var result = await tree.PruneAsync(new() { Retention = 1 });
        result.Versions.ShouldBe([$"{Product}:20240103", $"{Product}:20240102", $"{Product}:20240101"]);
        result.Files.Count.ShouldBe(6);
        tree.Files().Length.ShouldBe(4);
        tree.Product()["versions"]!.AsObject().Select(static v => v.Key).ShouldBe(["20240104", "20240105"]);
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_options_two_older_versions_stay()
    {
        await AddDaysAsync(4);
        (await tree.PruneAsync()).Versions.ShouldBe([$"{Product}:20240101"]);
    }

    [Fact]
    public async Task A_dry_run_says_the_same_and_changes_nothing()
    {
        await AddDaysAsync(3);
        tree.Write("images/orphan", "x");
        var before = tree.Snapshot();
        var dry = await tree.PruneAsync(new() { Retention = 0 }, dryRun: true);
        tree.Snapshot().ShouldBe(before);
        var wet = await tree.PruneAsync(new() { Retention = 0 });
        (wet.Versions, wet.Items).ShouldBe((dry.Versions, dry.Items), Comparer);
        wet.Files.ShouldBe(dry.Files);
        wet.Files.Count.ShouldBe(5);
    }

    [Fact]
    public async Task Versions_younger_than_asked_for_stay_however_many_they_are()
    {
        var now = DateTimeOffset.UtcNow;
        foreach (var hours in (int[])[1, 5, 30, 60, 90])
            await tree.AddContainerAsync($"root {hours}", options: new() { Serial = Serial.FromTime(now.AddHours(-hours)) });
        (await tree.PruneAsync(new() { Retention = 0, OlderThan = TimeSpan.FromHours(12) })).Versions.Count.ShouldBe(3);
        (await tree.PruneAsync(new() { Retention = 0, OlderThan = TimeSpan.FromHours(2) })).Versions.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Files_that_nothing_lists_go_and_files_that_are_being_added_stay()
    {
        await tree.AddContainerAsync();
        tree.Write("images/orphan", "x");
        tree.Write("images/deep/.hidden", "x");
        using var staged = await StagedImage.ReadAsync(
            tree.Tree, tree.Source("m", SampleImage.Metadata(SampleImage.Yaml("Other"))), tree.Source("r", SampleImage.Squashfs("other")), move: false, progress: null, flush: true, Cancellation);

        (await tree.PruneAsync()).Files.ShouldBe(["images/deep/.hidden", "images/orphan"]);
        await tree.ChangeAsync(transaction => TreeAdd.Add(transaction, staged.Image, new(), (file, path) => staged.PlaceIn(transaction, file, path)));
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
        (await tree.ListAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task What_lies_behind_a_linked_directory_is_not_touched()
    {
        await tree.AddContainerAsync();
        var outside = Path.GetDirectoryName(tree.Source("outside/file", [1]))!;
        Directory.CreateSymbolicLink(tree["images/linked"], outside);
        File.CreateSymbolicLink(tree["images/link"], Path.Combine(outside, "file"));
        (await tree.PruneAsync()).Files.ShouldBe(["images/link"]);
        File.Exists(Path.Combine(outside, "file")).ShouldBeTrue();
    }

    [Fact]
    public async Task Items_whose_files_are_missing_go_with_what_they_leave_useless()
    {
        await AddDaysAsync(2);
        var squashfs = tree.Product()["versions"]!["20240101"]!["items"]!["squashfs"]!["path"]!.GetValue<string>();
        File.Delete(tree[squashfs]);
        var result = await tree.PruneAsync();
        result.Items.ShouldBe([$"{Product}:20240101:{squashfs}"]);
        result.Files.Count.ShouldBe(1);
        tree.Product()["versions"]!.AsObject().ShouldHaveSingleItem().Key.ShouldBe("20240102");
        (await tree.FaultKindsAsync()).ShouldBeEmpty();

        foreach (var file in tree.Files())
            File.Delete(tree[file]);
        await tree.PruneAsync();
        tree.Read()["products"]!.AsObject().ShouldBeEmpty();
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_missing_root_leaves_the_other_root_of_its_version()
    {
        var metadata = SampleImage.Metadata();
        await tree.AddAsync(metadata, SampleImage.Squashfs());
        await tree.AddAsync(metadata, SampleImage.Qcow2());
        File.Delete(tree[tree.Files().Single(static f => f.EndsWith(".squashfs", StringComparison.Ordinal))]);
        await tree.PruneAsync();
        (await tree.ListAsync()).ShouldHaveSingleItem().RootItem!.Value.FileType.ShouldBe("disk-kvm.img");
        (await tree.FaultKindsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_delta_goes_when_its_base_goes()
    {
        await AddDaysAsync(3);
        foreach (var (day, start) in (ReadOnlySpan<(string, string)>)[("20240102", "20240101"), ("20240103", "20240102")])
        {
            tree.Write($"images/{day}.vcdiff", day);
            tree.Edit(root => root["products"]![Product]!["versions"]![day]!["items"]!["squashfs.vcdiff"] =
                new JsonObject { ["ftype"] = "squashfs.vcdiff", ["path"] = $"images/{day}.vcdiff", ["delta_base"] = start });
        }

        var result = await tree.PruneAsync(new() { Retention = 1 });
        result.Items.ShouldBe([$"{Product}:20240102:images/20240102.vcdiff"]);
        tree.Files().Where(static f => f.EndsWith(".vcdiff", StringComparison.Ordinal)).ShouldBe(["images/20240103.vcdiff"]);
    }

    private static readonly IEqualityComparer<(IReadOnlyList<string>, IReadOnlyList<string>)> Comparer =
        EqualityComparer<(IReadOnlyList<string>, IReadOnlyList<string>)>.Create(static (a, b) => a.Item1.SequenceEqual(b.Item1) && a.Item2.SequenceEqual(b.Item2), static _ => 0);

    private async Task AddDaysAsync(int count)
    {
        for (var day = 1; day <= count; day++)
            await tree.AddContainerAsync($"root {day}", created: 1_700_000_000 + day, options: new() { Serial = $"202401{day:00}" });
    }
}
