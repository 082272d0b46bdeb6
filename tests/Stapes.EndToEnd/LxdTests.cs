using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>
/// The real LXD client, with a plain nginx over a tree. In its relay mode it reads the index, downloads the files and uploads
/// them to the server, here the Incus daemon, which still speaks its API.
/// </summary>
public sealed class LxdTests(PeerServers peers)
{
    [PeersFact]
    public async Task The_LXD_client_copies_a_split_container_from_the_tree()
    {
        var tree = PublishedTree.Create(peers);
        await CopyAsync(tree, await tree.Images.SquashfsAsync("lxd-squashfs"));
    }

    [PeersFact]
    public async Task The_LXD_client_copies_a_container_whose_root_is_a_tarball_from_the_tree()
    {
        var tree = PublishedTree.Create(peers);
        await CopyAsync(tree, await tree.Images.RootTarballAsync("lxd-tarball"));
    }

    [PeersFact]
    public async Task The_LXD_client_copies_a_unified_container_from_the_tree()
    {
        var tree = PublishedTree.Create(peers);
        await CopyAsync(tree, await tree.Images.UnifiedAsync("lxd-unified"));
    }

    [PeersFact]
    public async Task The_LXD_client_copies_a_virtual_machine_image_from_the_tree()
    {
        var tree = PublishedTree.Create(peers);
        await CopyAsync(tree, await tree.Images.DiskAsync("lxd-disk"), "--vm");
    }

    [PeersFact]
    public async Task The_LXD_client_exports_the_bytes_that_were_added()
    {
        var tree = PublishedTree.Create(peers);
        var image = await tree.Images.SquashfsAsync("lxd-export");
        await tree.PublishAsync(image);

        var exported = tree.CreateDirectory("exported");
        await tree.LxcAsync("image", "export", "tree:" + image.Name, PeersTree.Inside(exported));

        TestImage.FromExport(exported).Fingerprint.ShouldBe(image.Fingerprint);
    }

    private static async Task CopyAsync(PublishedTree tree, TestImage image, params string[] options)
    {
        await tree.PublishAsync(image);

        // Relaying takes a fingerprint only; copying the aliases makes the client look up the image itself, its type as well.
        await tree.LxcAsync(["image", "copy", "tree:" + image.Fingerprint, "local:", "--mode=relay", "--copy-aliases", .. options]);

        var copy = (await tree.IncusJsonAsync("image", "list", "local:", image.Name)).EnumerateArray().ShouldHaveSingleItem();
        copy.GetProperty("fingerprint").GetString().ShouldBe(image.Fingerprint);
        copy.GetProperty("type").GetString().ShouldBe(image.Type);
    }
}
