using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>The real clients, known to <c>stapes serve</c> by their certificates and tokens.</summary>
public sealed class ServeAccessTests
{
    [PeersFact]
    public async Task Incus_adds_itself_with_a_token_and_works_on_private_images()
    {
        await using var store = await ServedStore.StartAsync();
        var hidden = await ImportAsync(store, store.Images.UnifiedAsync("hidden"));
        (await store.ListAsync("api:")).ShouldBeEmpty("strangers do not see it");
        await AddRemoteAsync(store, "incus", "corp");
        (await store.ListAsync("corp:")).ShouldHaveSingleItem().GetProperty("fingerprint").GetString().ShouldBe(hidden.Fingerprint);
        (await store.IncusOutputAsync("image", "show", "corp:hidden")).ShouldContain("public: false");

        var sent = await store.Images.SquashfsAsync("sent");
        await store.IncusOutputAsync(["image", "import", .. sent.Files.Select(PeersTree.Inside), "corp:", "--alias", "sent"]);
        await store.IncusOutputAsync("image", "set-property", "corp:sent", "owner", "shop");
        (await store.IncusOutputAsync("image", "get-property", "corp:sent", "owner")).ShouldBe("shop\n");
        await store.IncusOutputAsync("image", "alias", "create", "corp:other", sent.Fingerprint);
        await store.IncusOutputAsync("image", "alias", "delete", "corp:other");
        await store.IncusOutputAsync("image", "copy", "corp:sent", "local:", "--alias", "sent");
        (await store.ListAsync("local:", sent.Fingerprint)).ShouldHaveSingleItem();
        await store.IncusOutputAsync("image", "delete", "corp:sent");
        (await store.ListAsync("corp:")).ShouldHaveSingleItem();
    }

    [PeersFact]
    public async Task A_revoked_certificate_is_refused()
    {
        await using var store = await ServedStore.StartAsync();
        await AddRemoteAsync(store, "incus", "corp");
        var hidden = await ImportAsync(store, store.Images.UnifiedAsync("hidden"));
        (await store.ListAsync("corp:")).ShouldHaveSingleItem();
        var fingerprint = (await store.Server.Stapes("config", "trust", "list", "-c", "F", "-f", "csv").OutputAsync()).Trim();
        await store.Server.Stapes("config", "trust", "remove", fingerprint).OutputAsync();
        (await store.ListAsync("corp:")).ShouldBeEmpty("it is a stranger's now, who sees public images");
        foreach (var refused in (string[][])[["config", "trust", "list", "corp:"], ["image", "delete", $"corp:{hidden.Fingerprint}"]])
        {
            var result = await (await store.IncusAsync(refused)).RunAsync();
            result.ExitCode.ShouldBe(1, result.ToString());
        }
    }

    [PeersFact]
    public async Task A_client_that_is_restricted_to_a_project_sees_and_changes_nothing_else()
    {
        await using var store = await ServedStore.StartAsync();
        await store.Server.Stapes("project", "create", "shop").OutputAsync();
        await ImportAsync(store, store.Images.UnifiedAsync("hidden"));
        await AddRemoteAsync(store, "incus", "corp", "--restricted", "--projects", "shop");
        (await store.ListAsync("corp:")).ShouldBeEmpty();
        (await store.ListAsync("corp:", "--project", "default")).ShouldBeEmpty();

        var sent = await store.Images.UnifiedAsync("sent");
        await store.IncusOutputAsync(["image", "import", .. sent.Files.Select(PeersTree.Inside), "corp:", "--alias", "sent"]);
        (await store.ListAsync("corp:")).ShouldHaveSingleItem();
        (await store.Server.Image("list", "--project", "shop", "-c", "l", "-f", "csv").OutputAsync()).ShouldBe("sent\n");
        var refused = await (await store.IncusAsync(["image", "import", .. sent.Files.Select(PeersTree.Inside), "corp:", "--project", "default"])).RunAsync();
        refused.ExitCode.ShouldBe(1, refused.ToString());
        (await (await store.IncusAsync("config", "trust", "add", "corp:more")).RunAsync()).ExitCode.ShouldBe(1);
    }

    [PeersFact]
    public async Task What_stapes_edits_of_a_certificate_counts_at_once()
    {
        await using var store = await ServedStore.StartAsync();
        await AddRemoteAsync(store, "incus", "corp");
        var fingerprint = (await store.Server.Stapes("config", "trust", "list", "-c", "F", "-f", "csv").OutputAsync()).Trim();
        var shown = await store.Server.Stapes("config", "trust", "show", fingerprint[..12]).OutputAsync();
        var edit = store.Server.Stapes("config", "trust", "edit", fingerprint[..12]);
        var edited = shown.Replace("restricted: false", "restricted: true", StringComparison.Ordinal)
            .Replace("projects: []", "projects:\n  - default", StringComparison.Ordinal).Replace("role: admin", "role: viewer", StringComparison.Ordinal);
        await (edit with { Input = edited }).OutputAsync();
        (await store.Server.Stapes("config", "trust", "list", "-c", "rpo", "-f", "csv").OutputAsync()).ShouldBe("yes,default,viewer\n");
        (await (await store.IncusAsync("image", "alias", "create", "corp:other", "nothing")).RunAsync()).ToString().ShouldContain("not authorized");

        foreach (var wrong in (string[])["name: [a", "colour: red", "role: king", "projects: [none]"])
            (await (edit with { Input = wrong }).RunAsync()).ExitCode.ShouldBe(1, wrong);
        (await store.Server.Stapes("config", "trust", "show", fingerprint[..12]).OutputAsync()).ShouldBe(edited);
    }

    [PeersFact]
    public async Task Incus_manages_who_is_trusted()
    {
        await using var store = await ServedStore.StartAsync();
        await AddRemoteAsync(store, "incus", "corp");
        await store.IncusOutputAsync("config", "trust", "add", "corp:desktop");
        (await store.IncusOutputAsync("config", "trust", "list-tokens", "corp:", "-f", "csv")).ShouldStartWith("desktop,");
        await store.IncusOutputAsync("config", "trust", "revoke-token", "corp:desktop");
        (await store.IncusOutputAsync("config", "trust", "list-tokens", "corp:", "-f", "csv")).ShouldBeEmpty();

        var file = Path.Combine(store.CreateDirectory("certificates"), "ci.crt");
        File.Copy(PeerServers.Certificate, file);
        await store.IncusOutputAsync("config", "trust", "add-certificate", "corp:", PeersTree.Inside(file), "--name", "ci");
        var list = await store.IncusOutputAsync("config", "trust", "list", "corp:", "-f", "csv", "-c", "nF");
        var fingerprint = list.Split('\n').Single(static l => l.StartsWith("ci,", StringComparison.Ordinal))[3..];
        var shown = await store.IncusOutputAsync("config", "trust", "show", $"corp:{fingerprint[..12]}");
        shown.ShouldContain("name: ci\n");
        var edit = await store.IncusAsync("config", "trust", "edit", $"corp:{fingerprint}");
        (await (edit with { Input = shown.Replace("name: ci\n", "name: robot\n", StringComparison.Ordinal) }).RunAsync()).ExitCode.ShouldBe(0);
        (await store.IncusOutputAsync("config", "trust", "list", "corp:", "-f", "csv", "-c", "n")).ShouldContain("robot");
        await store.IncusOutputAsync("config", "trust", "remove", $"corp:{fingerprint}");
        (await store.IncusOutputAsync("config", "trust", "list", "corp:", "-f", "csv", "-c", "n")).ShouldBe("laptop\n");
        await store.IncusOutputAsync("project", "create", "corp:shop");
        (await store.IncusOutputAsync("project", "list", "corp:", "-f", "csv", "-c", "n")).ShouldBe("default (current)\nshop\n");
        (await store.IncusOutputAsync("project", "list", "corp:", "sho", "-f", "csv", "-c", "n")).ShouldBe("shop\n");
        (await store.IncusOutputAsync("config", "trust", "list", "corp:", "lap", "-f", "csv", "-c", "n")).ShouldBe("laptop\n");
        (await store.IncusOutputAsync("project", "show", "corp:shop")).ShouldContain("features.images: \"true\"");
        await store.IncusOutputAsync("project", "delete", "corp:shop");
    }

    [PeersFact]
    public async Task Incus_copies_private_images_over_simplestreams_with_a_token()
    {
        await using var store = await ServedStore.StartAsync();
        var image = await ImportAsync(store, store.Images.UnifiedAsync("hidden-streams"));
        var token = (await store.Server.Stapes("config", "token", "add", "ci", "-q").OutputAsync()).Trim();
        var address = store.Server.Address.ToString();
        await store.IncusOutputAsync("remote", "add", "basic", address.Replace("https://", $"https://ci:{token}@", StringComparison.Ordinal), "--protocol=simplestreams");
        await store.IncusOutputAsync("remote", "add", "path", $"{address}t/{token}", "--protocol=simplestreams");
        foreach (var remote in (string[])["basic", "path"])
        {
            (await store.ListAsync(remote + ":")).ShouldHaveSingleItem().GetProperty("fingerprint").GetString().ShouldBe(image.Fingerprint);
            var directory = store.CreateDirectory(remote);
            await store.IncusOutputAsync("image", "export", $"{remote}:hidden-streams", PeersTree.Inside(directory) + "/");
            TestImage.FromExport(directory).Fingerprint.ShouldBe(image.Fingerprint);
        }

        await store.IncusOutputAsync("image", "copy", "basic:hidden-streams", "local:");
        (await store.ListAsync("local:", image.Fingerprint)).ShouldHaveSingleItem();
        (await store.ListAsync("streams:")).ShouldBeEmpty();
    }

    [PeersFact]
    public async Task The_LXD_client_adds_itself_with_a_token_and_works_on_private_images()
    {
        await using var store = await ServedStore.StartAsync();
        await AddRemoteAsync(store, "lxc", "corp");
        var image = await ImportAsync(store, store.Images.UnifiedAsync("hidden"));
        (await store.LxcOutputAsync("image", "list", "corp:", "-c", "F", "-f", "csv")).Trim().ShouldBe(image.Fingerprint);
        await store.LxcOutputAsync("image", "alias", "create", "corp:other", image.Fingerprint);
        await store.LxcOutputAsync("image", "delete", "corp:hidden");
        (await store.LxcOutputAsync("image", "list", "corp:", "-c", "F", "-f", "csv")).ShouldBeEmpty();
    }

    private static async Task AddRemoteAsync(ServedStore store, string client, string remote, params IReadOnlyList<string> options)
    {
        var token = (await store.Server.Stapes(["config", "trust", "add", "laptop", "-q", .. options]).OutputAsync()).Trim();
        string[] command = ["remote", "add", remote, token];
        await (client == "incus" ? store.IncusOutputAsync(command) : store.LxcOutputAsync(command));
    }

    private static async Task<TestImage> ImportAsync(ServedStore store, Task<TestImage> made)
    {
        var image = await made;
        await store.Server.Import(image, "--alias", image.Name).OutputAsync();
        return image;
    }
}
