using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>stapes and the real incus-simplestreams, used in turn on one tree.</summary>
public sealed class TurnsTests(PeerServers peers)
{
    private static readonly string[] Formats = ["csv", "csv,header", "compact", "table", "table,noheader", "markdown", "yaml", "json"];

    [PeersFact]
    public async Task Two_tools_take_turns_on_one_tree()
    {
        var tree = PublishedTree.Create(peers);
        var first = await tree.Images.SquashfsAsync("first");
        var second = await tree.Images.RootTarballAsync("second");
        var third = await tree.Images.DiskAsync("third");
        var fourth = await tree.Images.UnifiedAsync("fourth");

        await ByPeerAsync(tree, "add", [.. first.Files.Select(PeersTree.Inside)]);
        await BothSeeAsync(tree, first);
        await ByStapesAsync(tree, "add", [.. second.Files]);
        await BothSeeAsync(tree, first, second);
        await ByPeerAsync(tree, "add", [.. third.Files.Select(PeersTree.Inside)]);
        await BothSeeAsync(tree, first, second, third);
        await ByStapesAsync(tree, "add", [.. fourth.Files]);
        await BothSeeAsync(tree, first, second, third, fourth);

        await ByPeerAsync(tree, "remove", second.Fingerprint);    // what stapes added
        await BothSeeAsync(tree, first, third, fourth);
        await ByStapesAsync(tree, "remove", first.Fingerprint);    // what the peer added
        await BothSeeAsync(tree, third, fourth);
        await ByPeerAsync(tree, "add", [.. first.Files.Select(PeersTree.Inside)]);
        await BothSeeAsync(tree, first, third, fourth);
    }

    [PeersFact]
    public async Task Each_tool_prunes_the_versions_that_the_other_added()
    {
        var tree = PublishedTree.Create(peers);
        var versions = new TestImage[6];
        for (var day = 0; day < versions.Length; day++)
            versions[day] = await tree.Images.SquashfsAsync($"day-{day}", release: "pruned", Metadata.Created.AddDays(day));
        for (var i = 0; i < versions.Length; i += 2)
        {
            await ByStapesAsync(tree, "add", [.. versions[i].Files]);
            await ByPeerAsync(tree, "add", [.. versions[i + 1].Files.Select(PeersTree.Inside)]);
        }

        await BothSeeAsync(tree, versions);
        await ByPeerAsync(tree, "prune", "--retention", "3");
        await BothSeeAsync(tree, versions[2..]);
        await ByStapesAsync(tree, "prune", "--retention", "1");
        await BothSeeAsync(tree, versions[4..]);
        TreeContent.Read(tree.Directory).Unnamed(tree.Directory).ShouldBeEmpty("stapes prunes what the peer left behind");
    }

    private static Task<string> ByPeerAsync(PublishedTree tree, string command, params IReadOnlyList<string> arguments) =>
        PeersTree.Run(tree.Directory, "incus-simplestreams", [command, .. arguments]).OutputAsync();

    private static Task<string> ByStapesAsync(PublishedTree tree, string command, params IReadOnlyList<string> arguments) =>
        StapesProgram.Run(tree.Directory, ["tree", command, .. arguments]).OutputAsync();

    private static async Task BothSeeAsync(PublishedTree tree, params TestImage[] images)
    {
        await ByPeerAsync(tree, "verify");
        foreach (var format in Formats)
            (await ByStapesAsync(tree, "list", "--format", format)).ShouldBe(await ByPeerAsync(tree, "list", "--format", format), format);

        var fingerprints = (await ByPeerAsync(tree, "list", "--format", "csv")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(',')[0]);
        fingerprints.ShouldBe(images.Select(image => image.Fingerprint), ignoreOrder: true);
        TreeContent.Read(tree.Directory);    // every file that an index names is there
    }
}
