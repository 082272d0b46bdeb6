using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>The real LXD client, in its relay mode to the Incus daemon, with <c>stapes serve</c> over both of its network protocols.</summary>
public sealed class ServeLxdTests
{
    [PeersFact]
    public async Task The_LXD_client_lists_the_public_images_over_both_protocols()
    {
        await using var store = await ServedStore.StartAsync();
        TestImage[] images =
        [
            await store.PublishAsync(store.Images.SquashfsAsync("squashfs")),
            await store.PublishAsync(store.Images.UnifiedAsync("unified")),
            await store.PublishAsync(store.Images.DiskAsync("disk")),
        ];

        foreach (var remote in ServedStore.NetworkRemotes)
        {
            (await store.LxcOutputAsync("image", "list", remote + ":", "-c", "F", "-f", "csv")).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .ShouldBe(images.Select(static i => i.Fingerprint), ignoreOrder: true, remote);
        }
    }

    [PeersFact]
    public Task The_LXD_client_copies_a_split_container_over_the_Incus_API() => CopyAsync("api", static i => i.SquashfsAsync("lxc-api-squashfs"));

    [PeersFact]
    public Task The_LXD_client_copies_a_unified_container_over_the_Incus_API() => CopyAsync("api", static i => i.UnifiedAsync("lxc-api-unified"));

    [PeersFact]
    public Task The_LXD_client_copies_a_virtual_machine_over_the_Incus_API() => CopyAsync("api", static i => i.DiskAsync("lxc-api-disk"), "--vm");

    [PeersFact]
    public Task The_LXD_client_copies_a_split_container_over_simplestreams() => CopyAsync("streams", static i => i.SquashfsAsync("lxc-streams-squashfs"));

    [PeersFact]
    public Task The_LXD_client_copies_a_unified_container_over_simplestreams() => CopyAsync("streams", static i => i.UnifiedAsync("lxc-streams-unified"));

    [PeersFact]
    public Task The_LXD_client_copies_a_virtual_machine_over_simplestreams() => CopyAsync("streams", static i => i.DiskAsync("lxc-streams-disk"), "--vm");

    [PeersFact]
    public async Task The_LXD_client_exports_the_bytes_that_were_added_over_both_protocols()
    {
        await using var store = await ServedStore.StartAsync();
        TestImage[] images = [await store.PublishAsync(store.Images.SquashfsAsync("split")), await store.PublishAsync(store.Images.UnifiedAsync("unified"))];

        foreach (var remote in ServedStore.NetworkRemotes)
        {
            foreach (var image in images)
            {
                var exported = store.CreateDirectory($"{remote}-{image.Name}");
                await store.LxcOutputAsync("image", "export", $"{remote}:{image.Name}", PeersTree.Inside(exported));
                TestImage.FromExport(exported).Fingerprint.ShouldBe(image.Fingerprint, $"{image.Name} over {remote}");
            }
        }
    }

    private static async Task CopyAsync(string remote, Func<BootableImages, Task<TestImage>> make, params string[] options)
    {
        await using var store = await ServedStore.StartAsync();
        var image = await store.PublishAsync(make(store.Images));

        // Relaying takes a fingerprint only; copying the aliases makes the client look up the image itself, its type as well.
        await store.LxcOutputAsync(["image", "copy", $"{remote}:{image.Fingerprint}", "local:", "--mode=relay", "--copy-aliases", .. options]);

        var copy = (await store.ListAsync("local:", image.Name)).ShouldHaveSingleItem();
        copy.GetProperty("fingerprint").GetString().ShouldBe(image.Fingerprint);
        copy.GetProperty("type").GetString().ShouldBe(image.Type);
    }
}
