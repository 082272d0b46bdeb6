using System.Text.Json;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>The real Incus client and daemon, with a plain nginx over a tree.</summary>
public sealed class IncusTests(PeerServers peers)
{
    [PeersFact]
    public async Task Incus_lists_the_images_of_the_tree()
    {
        var tree = PublishedTree.Create(peers);
        TestImage[] images =
        [
            await tree.Images.SquashfsAsync("squashfs"),
            await tree.Images.RootTarballAsync("tarball"),
            await tree.Images.UnifiedAsync("unified"),
            await tree.Images.DiskAsync("disk"),
            await tree.Images.UnifiedDiskAsync("unified-disk"),
        ];
        foreach (var image in images)
            await tree.PublishAsync(image);

        var listed = await tree.IncusJsonAsync("image", "list", "tree:");

        listed.EnumerateArray().Select(Summary).ShouldBe(images.Select(Expected), ignoreOrder: true);
    }

    [PeersFact]
    public async Task Incus_launches_a_split_container_from_the_tree()
    {
        var tree = PublishedTree.Create(peers);
        await LaunchAsync(tree, await tree.Images.SquashfsAsync("launch-squashfs"));
    }

    [PeersFact]
    public async Task Incus_launches_a_container_whose_root_is_a_tarball_from_the_tree()
    {
        var tree = PublishedTree.Create(peers);
        await LaunchAsync(tree, await tree.Images.RootTarballAsync("launch-tarball"));
    }

    [PeersFact]
    public async Task Incus_launches_a_unified_container_from_the_tree()
    {
        var tree = PublishedTree.Create(peers);
        await LaunchAsync(tree, await tree.Images.UnifiedAsync("launch-unified"));
    }

    [PeersFact]
    public async Task Incus_copies_a_container_image_from_the_tree()
    {
        var tree = PublishedTree.Create(peers);
        await CopyAsync(tree, await tree.Images.SquashfsAsync("copy-squashfs"));
    }

    [PeersFact]
    public async Task Incus_copies_a_virtual_machine_image_from_the_tree()
    {
        var tree = PublishedTree.Create(peers);
        await CopyAsync(tree, await tree.Images.DiskAsync("copy-disk"), "--vm");
    }

    [PeersFact]
    public async Task Incus_copies_a_unified_virtual_machine_image_from_the_tree()
    {
        var tree = PublishedTree.Create(peers);
        await CopyAsync(tree, await tree.Images.UnifiedDiskAsync("copy-unified-disk"), "--vm");
    }

    private async Task LaunchAsync(PublishedTree tree, TestImage image)
    {
        await tree.PublishAsync(image);

        await tree.IncusAsync("launch", "tree:" + image.Name, image.Name);

        (await tree.IncusAsync("exec", image.Name, "--", "/bin/cat", "/etc/made-by")).ShouldBe("stapes\n");
        (await tree.IncusAsync("config", "get", image.Name, "volatile.base_image")).Trim().ShouldBe(image.Fingerprint);
        await tree.IncusAsync("delete", "--force", image.Name);
    }

    private async Task CopyAsync(PublishedTree tree, TestImage image, params string[] options)
    {
        await tree.PublishAsync(image);

        await tree.IncusAsync(["image", "copy", "tree:" + image.Name, "local:", .. options]);

        var copies = await tree.IncusJsonAsync("image", "list", "local:", image.Fingerprint);
        copies.EnumerateArray().ShouldHaveSingleItem().GetProperty("type").GetString().ShouldBe(image.Type);
    }

    private static (string?, string?, string) Summary(JsonElement image) =>
        (image.GetProperty("fingerprint").GetString(), image.GetProperty("type").GetString(),
        string.Join(' ', image.GetProperty("aliases").EnumerateArray().Select(alias => alias.GetProperty("name").GetString()).Order()));

    private static (string?, string?, string) Expected(TestImage image) =>
        (image.Fingerprint, image.Type, string.Join(' ', Aliases(image)));

    /// <summary>The client adds each alias once more, with the architecture.</summary>
    private static IEnumerable<string> Aliases(TestImage image) =>
        new[] { image.Name, $"Busybox/{image.Name}/default" }.SelectMany(alias => (string[])[alias, $"{alias}/{Metadata.Architecture}"]).Order();
}
