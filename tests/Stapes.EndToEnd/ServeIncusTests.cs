using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>The real Incus client and daemon, with <c>stapes serve</c> over both of its network protocols.</summary>
public sealed class ServeIncusTests
{
    [PeersFact]
    public async Task Incus_lists_the_public_images_over_both_protocols()
    {
        await using var store = await ServedStore.StartAsync();
        TestImage[] images =
        [
            await store.PublishAsync(store.Images.SquashfsAsync("squashfs")),
            await store.PublishAsync(store.Images.RootTarballAsync("tarball")),
            await store.PublishAsync(store.Images.UnifiedAsync("unified")),
            await store.PublishAsync(store.Images.DiskAsync("disk")),
            await store.PublishAsync(store.Images.UnifiedDiskAsync("unified-disk")),
        ];

        foreach (var remote in ServedStore.NetworkRemotes)
        {
            var listed = await store.ListAsync(remote + ":");
            listed.Select(static i => (i.GetProperty("fingerprint").GetString(), i.GetProperty("type").GetString()))
                .ShouldBe(images.Select(static i => ((string?)i.Fingerprint, (string?)i.Type)), ignoreOrder: true, remote);
            foreach (var image in images)
                (await store.IncusOutputAsync("image", "info", $"{remote}:{image.Name}")).ShouldContain($"Fingerprint: {image.Fingerprint}\n");
        }
    }

    [PeersFact]
    public Task Incus_copies_a_split_container_over_the_Incus_API() => CopyAsync("api", static i => i.SquashfsAsync("api-squashfs"));

    [PeersFact]
    public Task Incus_copies_a_unified_container_over_the_Incus_API() => CopyAsync("api", static i => i.UnifiedAsync("api-unified"));

    [PeersFact]
    public Task Incus_copies_a_virtual_machine_over_the_Incus_API() => CopyAsync("api", static i => i.DiskAsync("api-disk"), "--vm");

    [PeersFact]
    public Task Incus_copies_a_unified_virtual_machine_over_the_Incus_API() => CopyAsync("api", static i => i.UnifiedDiskAsync("api-unified-disk"), "--vm");

    [PeersFact]
    public Task Incus_copies_a_split_container_over_simplestreams() => CopyAsync("streams", static i => i.SquashfsAsync("streams-squashfs"));

    [PeersFact]
    public Task Incus_copies_a_unified_container_over_simplestreams() => CopyAsync("streams", static i => i.UnifiedAsync("streams-unified"));

    [PeersFact]
    public Task Incus_copies_a_virtual_machine_over_simplestreams() => CopyAsync("streams", static i => i.DiskAsync("streams-disk"), "--vm");

    [PeersFact]
    public Task Incus_copies_a_unified_virtual_machine_over_simplestreams() => CopyAsync("streams", static i => i.UnifiedDiskAsync("streams-unified-disk"), "--vm");

    [PeersFact]
    public Task Incus_launches_a_split_container_over_the_Incus_API() => LaunchAsync("api", static i => i.SquashfsAsync("api-launch-squashfs"));

    [PeersFact]
    public Task Incus_launches_a_unified_container_over_the_Incus_API() => LaunchAsync("api", static i => i.UnifiedAsync("api-launch-unified"));

    [PeersFact]
    public Task Incus_launches_a_split_container_over_simplestreams() => LaunchAsync("streams", static i => i.SquashfsAsync("streams-launch-squashfs"));

    [PeersFact]
    public Task Incus_launches_a_unified_container_over_simplestreams() => LaunchAsync("streams", static i => i.UnifiedAsync("streams-launch-unified"));

    private static async Task CopyAsync(string remote, Func<BootableImages, Task<TestImage>> make, params string[] options)
    {
        await using var store = await ServedStore.StartAsync();
        var image = await store.PublishAsync(make(store.Images));

        await store.IncusOutputAsync(["image", "copy", $"{remote}:{image.Name}", "local:", .. options]);

        var copy = (await store.ListAsync("local:", image.Fingerprint)).ShouldHaveSingleItem();
        copy.GetProperty("fingerprint").GetString().ShouldBe(image.Fingerprint);
        copy.GetProperty("type").GetString().ShouldBe(image.Type);
    }

    private static async Task LaunchAsync(string remote, Func<BootableImages, Task<TestImage>> make)
    {
        await using var store = await ServedStore.StartAsync();
        var image = await store.PublishAsync(make(store.Images));

        await store.IncusOutputAsync("launch", $"{remote}:{image.Name}", image.Name);

        (await store.IncusOutputAsync("exec", image.Name, "--", "/bin/cat", "/etc/made-by")).ShouldBe("stapes\n");
        (await store.IncusOutputAsync("config", "get", image.Name, "volatile.base_image")).Trim().ShouldBe(image.Fingerprint);
        await store.IncusOutputAsync("delete", "--force", image.Name);
    }
}
