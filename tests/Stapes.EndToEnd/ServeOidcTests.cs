using System.Diagnostics;
using System.Text.Json.Nodes;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>The real Incus client and ours sign their user in with a real OpenID Connect issuer, as for a device, and work as that user.</summary>
public sealed class ServeOidcTests
{
    [PeersFact]
    public async Task Incus_signs_a_user_in_who_then_adds_an_image()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var store = await StartAsync(issuer, "publisher");
        await SignInAsync(store, "ann");

        var image = await store.Images.UnifiedAsync("by-ann");
        await store.IncusOutputAsync(["image", "import", .. image.Files.Select(PeersTree.Inside), "corp:", "--alias", "by-ann"]);
        (await store.Server.ExportedFingerprintAsync("by-ann")).ShouldBe(image.Fingerprint);
        (await store.IncusOutputAsync("info", "corp:")).ShouldContain("auth_user_name: ann\n");
        // No private image is shown to anybody else.
        (await store.ListAsync("api:")).ShouldBeEmpty();
    }

    [PeersFact]
    public async Task Incus_shows_a_viewer_private_images_and_lets_them_change_nothing()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var store = await StartAsync(issuer, "viewer");
        var image = await store.Images.UnifiedAsync("hidden");
        await store.Server.Import(image).OutputAsync();
        await SignInAsync(store, "ben");

        (await store.ListAsync("corp:")).ShouldHaveSingleItem();
        var refused = await (await store.IncusAsync("image", "delete", "corp:" + image.Fingerprint)).RunAsync();
        refused.ExitCode.ShouldBe(1, refused.ToString());
        (await store.ListAsync("corp:")).ShouldHaveSingleItem();
    }

    [PeersFact]
    public async Task Incus_works_as_a_user_who_was_added_until_the_user_is_removed()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var store = await StartAsync(issuer, "none");
        await store.Server.Stapes("project", "create", "shop").OutputAsync();
        await store.Server.Stapes("config", "oidc", "add", "cleo", "--role", "publisher", "--project", "shop").OutputAsync();
        await SignInAsync(store, "cleo");

        var image = await store.Images.UnifiedAsync("by-cleo");
        string[] files = [.. image.Files.Select(PeersTree.Inside)];
        await store.IncusOutputAsync(["image", "import", .. files, "corp:", "--project", "shop", "--alias", "by-cleo"]);
        (await store.ListAsync("corp:", "--project", "shop")).ShouldHaveSingleItem();
        (await (await store.IncusAsync(["image", "import", .. files, "corp:", "--project", "default"])).RunAsync()).ExitCode.ShouldBe(1);
        await store.Server.Stapes("config", "oidc", "remove", "cleo").OutputAsync();
        (await (await store.IncusAsync("image", "delete", "corp:by-cleo", "--project", "shop")).RunAsync()).ExitCode.ShouldBe(1);
        (await store.Server.Image("list", "--project", "shop", "-c", "l", "-f", "csv").OutputAsync()).ShouldBe("by-cleo\n");
    }

    [PeersFact]
    public async Task Stapes_and_incus_use_and_renew_each_other_s_login()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var store = await StartAsync(issuer, "publisher");
        var conf = store.CreateDirectory("conf");
        await SignInAsync(Stapes(conf, "remote", "add", "corp", store.Server.Address.ToString(), "--auth-type=oidc", "--accept-certificate"), static p => p.StandardError, "dora");

        var image = await store.Images.UnifiedAsync("by-dora");
        await Stapes(conf, ["image", "import", .. image.Files, "corp:", "--alias", "by-dora"]).OutputAsync();
        string[] list = ["image", "list", "corp:", "-c", "F", "-f", "csv"];
        (await Incus(conf, list).OutputAsync()).ShouldBe(image.Fingerprint + "\n");
        foreach (var next in (Func<string, IReadOnlyList<string>, Command>[])[Incus, Stapes, Incus])
        {
            EndAccess(conf, "corp");
            (await next(conf, list).OutputAsync()).ShouldBe(image.Fingerprint + "\n");
        }

        await SignInAsync(Incus(conf, "remote", "add", "firm", store.Server.Address.ToString(), "--auth-type=oidc"), static p => p.StandardOutput, "ed");
        File.Copy(Path.Combine(conf, "servercerts", "corp.crt"), Path.Combine(conf, "servercerts", "firm.crt"), overwrite: true);
        (await Stapes(conf, "image", "list", "firm:", "-c", "F", "-f", "csv").OutputAsync()).ShouldBe(image.Fingerprint + "\n");
    }

    private static Command Stapes(string conf, params IReadOnlyList<string> arguments) => StapesProgram.Run(conf, [.. arguments, "--config", conf]);

    private static Command Incus(string conf, params IReadOnlyList<string> arguments)
    {
        var command = PeersTree.Run(conf, "incus", arguments);
        return command with { Environment = new Dictionary<string, string>(command.Environment!) { ["INCUS_CONF"] = PeersTree.Inside(conf) } };
    }

    /// <summary>As if the access token had expired: the refresh token is left.</summary>
    private static void EndAccess(string conf, string remote)
    {
        var path = Path.Combine(conf, "oidctokens", $"{remote}.json");
        var login = JsonNode.Parse(File.ReadAllText(path))!;
        login["access_token"] = "ended";
        File.WriteAllText(path, login.ToJsonString());
    }

    private static Task<ServedStore> StartAsync(OidcIssuer issuer, string role) => ServedStore.StartAsync(
        "--oidc-issuer", issuer.Url, "--oidc-client-id", "stapes", "--oidc-audience", "images.example", "--oidc-role", role);

    private static async Task SignInAsync(ServedStore store, string user) =>
        await SignInAsync(await store.IncusAsync("remote", "add", "corp", store.Server.Address.ToString(), "--auth-type=oidc"), static p => p.StandardOutput, user);

    /// <summary>The client prints where its user has to go, and waits until that is done.</summary>
    private static async Task SignInAsync(Command add, Func<Process, StreamReader> prompt, string user)
    {
        using var adding = add.Start();
        var told = prompt(adding);
        var other = (told == adding.StandardError ? adding.StandardOutput : adding.StandardError).ReadToEndAsync(TestContext.Current.CancellationToken);
        string? page = null;
        while (page is null && await told.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            page = line.StartsWith("URL: ", StringComparison.Ordinal) ? line["URL: ".Length..] : null;
        page.ShouldNotBeNull(page is null ? await other : null);
        await OidcIssuer.SignInAsync(new(page), user);
        var rest = await told.ReadToEndAsync(TestContext.Current.CancellationToken);
        await adding.WaitForExitAsync(TestContext.Current.CancellationToken);
        adding.ExitCode.ShouldBe(0, rest + await other);
    }
}
