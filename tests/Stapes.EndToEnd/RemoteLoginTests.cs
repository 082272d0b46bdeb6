using System.Text.Json.Nodes;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>Logins of <c>stapes remote</c> with a real OpenID Connect issuer, at real servers, and with the real Incus client's configuration.</summary>
public sealed class RemoteLoginTests
{
    [PeersFact]
    public async Task Stapes_and_incus_use_and_renew_each_other_s_login()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var store = await ServedStore.StartAsync(
            "--oidc-issuer", issuer.Url, "--oidc-client-id", "stapes", "--oidc-audience", "images.example", "--oidc-role", "publisher");
        var conf = store.CreateDirectory("conf");
        await OidcIssuer.SignInAsync(Stapes(conf, "remote", "add", "corp", store.Server.Address.ToString(), "--auth-type=oidc", "--accept-certificate"), static p => p.StandardError, "dora");

        var image = await store.Images.UnifiedAsync("by-dora");
        EndAccess(conf, "corp");
        await Stapes(conf, ["image", "import", .. image.Files, "corp:", "--alias", "by-dora"]).OutputAsync();
        string[] list = ["image", "list", "corp:", "-c", "F", "-f", "csv"];
        (await Incus(conf, list).OutputAsync()).ShouldBe(image.Fingerprint + "\n");
        foreach (var next in (Func<string, IReadOnlyList<string>, Command>[])[Incus, Stapes, Incus])
        {
            EndAccess(conf, "corp");
            (await next(conf, list).OutputAsync()).ShouldBe(image.Fingerprint + "\n");
        }

        await OidcIssuer.SignInAsync(Incus(conf, "remote", "add", "firm", store.Server.Address.ToString(), "--auth-type=oidc"), static p => p.StandardOutput, "ed");
        File.Copy(Path.Combine(conf, "servercerts", "corp.crt"), Path.Combine(conf, "servercerts", "firm.crt"), overwrite: true);
        (await Stapes(conf, "image", "list", "firm:", "-c", "F", "-f", "csv").OutputAsync()).ShouldBe(image.Fingerprint + "\n");
    }

    [PeersFact]
    public async Task Incusd_trusts_a_login_of_stapes()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        var store = ImageStore.Default();
        var image = await store.ImportAsync(store.Images.SquashfsAsync("remote-login"));
        var conf = Directory.CreateDirectory(Path.Combine(PeersTree.Directory, "home", Path.GetRandomFileName())).FullName;
        await Incus(conf, "config", "set", $"oidc.issuer={issuer.Url}", "oidc.client.id=stapes", "oidc.audience=images.example").OutputAsync();
        try
        {
            await OidcIssuer.SignInAsync(Stapes(conf, "remote", "add", "lab", IncusDaemon.Address, "--accept-certificate"), static p => p.StandardError, "flo");
            (await Stapes(conf, "remote", "list", "-f", "csv", "-c", "na").OutputAsync()).ShouldContain("lab,oidc\n");
            foreach (var end in (Action[])[static () => { }, () => EndAccess(conf, "lab")])
            {
                end();
                (await Stapes(conf, "image", "list", "lab:", image.Fingerprint, "-c", "F", "-f", "csv").OutputAsync()).ShouldBe(image.Fingerprint + "\n");
            }

            EndAccess(conf, "lab");
            await Stapes(conf, "image", "set-property", $"lab:{image.Fingerprint}", "seen=yes").OutputAsync();
            (await Incus(conf, "image", "get-property", $"lab:{image.Fingerprint}", "seen").OutputAsync()).ShouldBe("yes\n");
        }
        finally
        {
            await Incus(conf, "config", "set", "local:", "oidc.issuer=", "oidc.client.id=", "oidc.audience=").OutputAsync();
        }
    }

    [PeersFact]
    public async Task A_login_that_has_ended_is_made_anew_on_a_terminal_and_told_elsewhere()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var store = await ServedStore.StartAsync(
            "--oidc-issuer", issuer.Url, "--oidc-client-id", "stapes", "--oidc-audience", "images.example", "--oidc-role", "viewer");
        var image = await store.PublishAsync(store.Images.UnifiedAsync("ended-login"));
        var conf = store.CreateDirectory("conf");
        await OidcIssuer.SignInAsync(Stapes(conf, "remote", "add", "corp", store.Server.Address.ToString(), "--auth-type=oidc", "--accept-certificate"), static p => p.StandardError, "gil");
        File.WriteAllText(Path.Combine(conf, "oidctokens", "corp.json"), "{}");
        var list = Stapes(conf, "image", "list", "corp:", "-c", "F", "-f", "csv");

        var refused = await list.RunAsync();
        refused.ExitCode.ShouldBe(1, refused.ToString());
        refused.Errors.ShouldBe("Error: There is no login to \"corp\", or it has ended: run `stapes image list corp:` in a terminal to log in\n");

        await using var terminal = Terminal.Start(200, list);
        await terminal.UntilAsync(static s => s.Lines.Any(static l => l.StartsWith("Code: ", StringComparison.Ordinal)));
        await OidcIssuer.SignInAsync(new Uri(terminal.Screen.Lines.First(static l => l.StartsWith("URL: ", StringComparison.Ordinal))["URL: ".Length..]), "gil");
        (await terminal.EndAsync()).ShouldBe(0, terminal.Raw);
        terminal.Screen.Lines[^1].ShouldBe(image.Fingerprint);
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
}
