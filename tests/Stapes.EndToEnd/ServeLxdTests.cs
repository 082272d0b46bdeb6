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

    [PeersTheory]
    [InlineData("pull")]
    [InlineData("push")]
    [InlineData("relay")]
    public async Task The_LXD_client_copies_from_the_daemon_to_a_server_that_trusts_it(string mode)
    {
        await using var store = await ServedStore.StartAsync();
        await TrustAsync(store, "corp", store.Server);
        var image = await store.Images.SquashfsAsync($"lxc-in-{mode}");
        await store.IncusOutputAsync(["image", "import", .. image.Files.Select(PeersTree.Inside), "local:"]);

        await store.LxcOutputAsync("image", "copy", "local:" + image.Fingerprint, "corp:", $"--mode={mode}", "--alias", "copied");

        (await store.Server.ExportedFingerprintAsync("copied")).ShouldBe(image.Fingerprint);
    }

    [PeersTheory]
    [InlineData("pull")]
    [InlineData("push")]
    [InlineData("relay")]
    public async Task The_LXD_client_copies_a_private_image_between_two_servers_that_trust_it(string mode)
    {
        await using var store = await ServedStore.StartAsync();
        await using var other = await ServerProcess.StartAsync(Path.Combine(store.CreateDirectory("other"), "data"), "--listen", "127.0.0.1:0");
        await TrustAsync(store, "corp", store.Server);
        await TrustAsync(store, "other", other);
        var image = await store.Images.UnifiedAsync($"lxc-between-{mode}");
        await store.LxcOutputAsync(["image", "import", .. image.Files.Select(PeersTree.Inside), "corp:", "--alias", "sent"]);

        await store.LxcOutputAsync("image", "copy", "corp:" + image.Fingerprint, "other:", $"--mode={mode}", "--copy-aliases");

        (await other.ExportedFingerprintAsync("sent")).ShouldBe(image.Fingerprint);
    }

    [PeersFact]
    public async Task The_LXD_client_imports_edits_exports_and_deletes_private_images()
    {
        await using var store = await ServedStore.StartAsync();
        await TrustAsync(store, "corp", store.Server);
        foreach (var image in (TestImage[])[await store.Images.SquashfsAsync("lxc-split"), await store.Images.UnifiedAsync("lxc-unified"), await store.Images.DiskAsync("lxc-vm")])
        {
            await store.LxcOutputAsync(["image", "import", .. image.Files.Select(PeersTree.Inside), "corp:", "--alias", "sent"]);
            await store.LxcOutputAsync("image", "set-property", "corp:sent", "owner", "shop");
            (await store.LxcOutputAsync("image", "get-property", "corp:sent", "owner")).ShouldBe("shop\n");
            (await store.LxcOutputAsync("image", "info", "corp:sent")).ShouldContain(image.Fingerprint);
            await store.LxcOutputAsync("image", "alias", "create", "corp:other", image.Fingerprint);
            await store.LxcOutputAsync("image", "alias", "rename", "corp:other", "renamed");
            (await store.LxcOutputAsync("image", "alias", "list", "corp:", "-f", "csv")).ShouldContain("renamed,");
            var directory = store.CreateDirectory($"export-{image.Name}");
            await store.LxcOutputAsync("image", "export", "corp:renamed", PeersTree.Inside(directory) + "/");
            TestImage.FromExport(directory).Fingerprint.ShouldBe(image.Fingerprint);
            await store.LxcOutputAsync("image", "copy", "corp:" + image.Fingerprint, "local:", "--mode=relay");
            (await store.ListAsync("local:", image.Fingerprint)).ShouldHaveSingleItem();
            await store.LxcOutputAsync("image", "delete", "corp:renamed");
            (await store.LxcOutputAsync("image", "list", "corp:", "-f", "csv")).ShouldBeEmpty();
        }
    }

    [PeersFact]
    public async Task The_LXD_client_manages_who_is_trusted_and_projects()
    {
        await using var store = await ServedStore.StartAsync();
        await TrustAsync(store, "corp", store.Server);
        await store.LxcOutputAsync("project", "create", "corp:shop");
        (await store.LxcOutputAsync("project", "list", "corp:", "-f", "csv")).ShouldContain("shop");
        (await store.LxcOutputAsync("config", "trust", "list", "corp:", "-f", "csv")).ShouldContain("lxc");
        await store.LxcOutputAsync("config", "trust", "add", "corp:", "--name", "desktop");
        (await store.LxcOutputAsync("config", "trust", "list-tokens", "corp:", "-f", "csv")).ShouldContain("desktop");
        await store.LxcOutputAsync("config", "trust", "revoke-token", "corp:desktop");
        await store.LxcOutputAsync("project", "delete", "corp:shop");
    }

    private static async Task TrustAsync(ServedStore store, string remote, ServerProcess server) =>
        await store.LxcOutputAsync("remote", "add", remote, await server.TrustTokenAsync("lxc"));

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
