using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>The real Incus client copies images in each of its modes: between the daemon and <c>stapes serve</c>, and between two of these.</summary>
public sealed class ServeCopyTests
{
    public static TheoryData<string, bool> Modes => new()
    {
        { "pull", true }, { "pull", false }, { "push", true }, { "push", false }, { "relay", true }, { "relay", false },
    };

    [PeersTheory]
    [MemberData(nameof(Modes))]
    public async Task Incus_copies_from_the_daemon_to_stapes(string mode, bool isPublic)
    {
        await using var store = await ServedStore.StartAsync();
        await store.TrustAsync("corp", store.Server);
        var image = await store.Images.SquashfsAsync($"in-{mode}-{isPublic}");
        await store.IncusOutputAsync(["image", "import", .. image.Files.Select(PeersTree.Inside), "local:", .. Visibility(isPublic), "note=edited"]);

        await CopyAsync(store, "local:" + image.Fingerprint, "corp:", mode, "--alias", "copied");

        await ShouldHaveAsync(store, "corp:", image, mode);
    }

    [PeersTheory]
    [MemberData(nameof(Modes))]
    public async Task Incus_copies_from_stapes_to_the_daemon(string mode, bool isPublic)
    {
        await using var store = await ServedStore.StartAsync();
        await store.TrustAsync("corp", store.Server);
        var image = await store.Images.SquashfsAsync($"out-{mode}-{isPublic}");
        await store.IncusOutputAsync(["image", "import", .. image.Files.Select(PeersTree.Inside), "corp:", .. Visibility(isPublic), "note=edited"]);

        // Only a remote on the network can be pushed to.
        await DaemonRemote.AddAsync(store);
        await CopyAsync(store, "corp:" + image.Fingerprint, "daemon:", mode);

        (await store.ListAsync("local:", image.Fingerprint)).ShouldHaveSingleItem().GetProperty("type").GetString().ShouldBe(image.Type);
    }

    [PeersTheory]
    [MemberData(nameof(Modes))]
    public async Task Incus_copies_between_two_servers_of_stapes(string mode, bool isPublic)
    {
        await using var store = await ServedStore.StartAsync();
        // With a certificate of its own: the client takes servers with the same one for the same.
        await using var other = await ServerProcess.StartAsync(Path.Combine(store.CreateDirectory("other"), "data"), "--listen", "127.0.0.1:0");
        await store.TrustAsync("corp", store.Server);
        await store.TrustAsync("other", other);
        var image = await store.Images.UnifiedAsync($"between-{mode}-{isPublic}");
        await store.IncusOutputAsync(["image", "import", .. image.Files.Select(PeersTree.Inside), "corp:", .. Visibility(isPublic), "note=edited"]);

        await CopyAsync(store, "corp:" + image.Fingerprint, "other:", mode, "--alias", "copied");

        await ShouldHaveAsync(store, "other:", image, mode);
    }

    [PeersTheory]
    [InlineData("pull")]
    [InlineData("push")]
    [InlineData("relay")]
    public async Task Incus_copies_a_virtual_machine_to_stapes(string mode)
    {
        await using var store = await ServedStore.StartAsync();
        await store.TrustAsync("corp", store.Server);
        var image = await store.Images.DiskAsync($"vm-{mode}");
        await store.IncusOutputAsync(["image", "import", .. image.Files.Select(PeersTree.Inside), "local:"]);

        await CopyAsync(store, "local:" + image.Fingerprint, "corp:", mode, "--vm");

        (await store.ListAsync("corp:", image.Fingerprint)).ShouldHaveSingleItem().GetProperty("type").GetString().ShouldBe(image.Type);
    }

    [PeersFact]
    public async Task Stapes_pulls_from_a_simplestreams_server()
    {
        await using var source = await ServedStore.StartAsync();
        await using var store = await ServedStore.StartAsync();
        var image = await source.PublishAsync(source.Images.SquashfsAsync("streamed"));
        await store.TrustAsync("corp", store.Server);
        await store.IncusOutputAsync("remote", "add", "theirs", source.Server.Address.ToString(), "--protocol=simplestreams");

        await store.IncusOutputAsync("image", "copy", "theirs:streamed", "corp:", "--auto-update", "--copy-aliases");

        var copy = (await store.ListAsync("corp:", image.Fingerprint)).ShouldHaveSingleItem();
        copy.GetProperty("update_source").GetProperty("alias").GetString().ShouldBe("streamed");
        copy.GetProperty("auto_update").GetBoolean().ShouldBeTrue();
    }

    [PeersFact]
    public async Task Stapes_follows_an_alias_of_the_daemon_by_itself_and_when_it_is_asked()
    {
        await using var asked = await ServedStore.StartAsync();
        await using var alone = await ServedStore.StartAsync("--refresh-interval", "1s");
        await asked.TrustAsync("asked", asked.Server);
        await asked.TrustAsync("alone", alone.Server);
        var old = await asked.Images.SquashfsAsync("follow", "follow", Metadata.Created);
        var recent = await asked.Images.SquashfsAsync("follow-2", "follow", Metadata.Created.AddDays(1));
        await asked.IncusOutputAsync(["image", "import", .. old.Files.Select(PeersTree.Inside), "local:", "--public", "--alias", "follow"]);
        foreach (var remote in (string[])["asked:", "alone:"])
            await asked.IncusOutputAsync("image", "copy", "local:follow", remote, "--auto-update", "--alias", "mine");
        (await asked.IncusOutputAsync("image", "refresh", "asked:mine")).ShouldContain("already up to date");

        await asked.IncusOutputAsync(["image", "import", .. recent.Files.Select(PeersTree.Inside), "local:", "--public", "--alias", "follow", "--reuse"]);
        (await asked.IncusOutputAsync("image", "refresh", "asked:mine")).ShouldContain("refreshed successfully");
        while ((await asked.ListAsync("alone:", recent.Fingerprint)).Count == 0)
            await Task.Delay(100, TestContext.Current.CancellationToken);

        foreach (var server in (ServerProcess[])[asked.Server, alone.Server])
        {
            (await server.FingerprintsAsync()).ShouldBe([recent.Fingerprint]);
            (await server.ExportedFingerprintAsync("mine")).ShouldBe(recent.Fingerprint);
        }
    }

    [PeersFact]
    public async Task Incus_publishes_an_instance_to_stapes()
    {
        await using var store = await ServedStore.StartAsync();
        await store.TrustAsync("corp", store.Server);
        var image = await store.Images.SquashfsAsync("published");
        await store.IncusOutputAsync(["image", "import", .. image.Files.Select(PeersTree.Inside), "local:", "--alias", "published"]);
        await store.IncusOutputAsync("launch", "local:published", "published");
        await store.IncusOutputAsync("stop", "published", "--force");

        await store.IncusOutputAsync("publish", "local:published", "corp:", "--alias", "from-instance", "--public");

        var made = (await store.ListAsync("corp:", "from-instance")).ShouldHaveSingleItem();
        (await store.Server.ExportedFingerprintAsync("from-instance")).ShouldBe(made.GetProperty("fingerprint").GetString());
        await store.IncusOutputAsync("delete", "published");
    }

    [PeersFact]
    public async Task An_operation_that_a_kill_ended_is_told_of_as_failed_afterwards()
    {
        await using var stalled = new StalledServer();
        await using var store = await ServedStore.StartAsync();
        var operation = await store.Server.StartPullAsync(stalled.Address);
        await stalled.WasAskedAsync();
        await store.Server.KillAsync();
        await using var again = await store.RestartAsync();

        (await again.OperationAsync(operation)).ShouldContain("The server was restarted");
    }

    private static string[] Visibility(bool isPublic) => isPublic ? ["--public"] : [];

    private static async Task CopyAsync(ServedStore store, string source, string target, string mode, params string[] options) =>
        await store.IncusOutputAsync(["image", "copy", source, target, $"--mode={mode}", .. options]);

    private static async Task ShouldHaveAsync(ServedStore store, string remote, TestImage image, string mode)
    {
        var copy = (await store.ListAsync(remote, image.Fingerprint)).ShouldHaveSingleItem();
        copy.GetProperty("type").GetString().ShouldBe(image.Type);
        copy.GetProperty("aliases")[0].GetProperty("name").GetString().ShouldBe("copied");
        // A relayed image has what its files say; the client sends nothing else.
        if (mode != "relay")
            copy.GetProperty("properties").GetProperty("note").GetString().ShouldBe("edited");
    }
}
