using Stapes.Commands;
using Stapes.Core.Access;
using Stapes.Protocols.Incus;
using Stapes.Tests.Hosting;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Commands.Config;

/// <summary><c>stapes config</c> and <c>stapes project</c> with a real server on its Unix socket.</summary>
public sealed class ConfigCommandTests : IAsyncLifetime
{
    private readonly TemporaryDirectory files = new();
    private RunningServer server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AccessControl Access => server.Server.Access;

    public async ValueTask InitializeAsync() => server = await RunningServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        files.Dispose();
    }

    [Fact]
    public async Task A_trust_token_is_made_listed_and_revoked()
    {
        var lines = (await PrintAsync("config", "trust", "add", "laptop")).Split('\n');
        lines[0].ShouldBe("Client laptop certificate add token:");
        var token = TrustTokenRecord.TryDecode(lines[1]).ShouldNotBeNull();
        (token.ClientName, token.Secret.Length).ShouldBe(("laptop", 64));
        (await PrintAsync("config", "trust", "add", "desktop", "-q", "--expiry", "1h")).Split('\n').Length.ShouldBe(2, "the token alone");

        (await PrintAsync("config", "trust", "list-tokens", "-c", "n", "-f", "csv")).ShouldBe("desktop\nlaptop\n");
        (await PrintAsync("config", "trust", "revoke-token", "laptop")).ShouldBe("Certificate add token for laptop deleted\n");
        (await PrintAsync("config", "trust", "list-tokens", "-c", "n", "-f", "csv")).ShouldBe("desktop\n");
        Access.State.TrustTokens.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_certificate_is_added_listed_shown_and_removed()
    {
        using var certificate = TestCertificate.Create("laptop");
        var fingerprint = KnownClients.Fingerprint(certificate);
        await PrintAsync("project", "create", "shop");
        await PrintAsync("config", "trust", "add-certificate", files.Write("laptop.crt", System.Text.Encoding.ASCII.GetBytes(certificate.ExportCertificatePem())),
            "--restricted", "--projects", "shop", "--description", "of the shop", "--role", "publisher");

        (await PrintAsync("config", "trust", "list", "-c", "nctdfrpo", "-f", "csv"))
            .ShouldBe($"laptop.crt,laptop,client,of the shop,{fingerprint[..12]},yes,shop,publisher\n");
        (await PrintAsync("config", "trust", "show", fingerprint[..8])).ShouldContain("name: laptop.crt\ntype: client\nrestricted: true\nprojects:\n");
        Access.FindCertificate(fingerprint).ShouldNotBeNull().MayWrite("shop").ShouldBeTrue();
        await PrintAsync("config", "trust", "remove", fingerprint[..8]);
        (await PrintAsync("config", "trust", "list", "-f", "csv")).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_list_of_certificates_can_be_filtered_and_has_every_format()
    {
        using var laptop = TestCertificate.Create("laptop");
        using var desktop = TestCertificate.Create("desktop");
        await Access.TrustAsync(laptop);
        await Access.TrustAsync(desktop, Role.Viewer, ["default"]);
        foreach (var (filters, names) in (((string[], string)[])[
            ([], "desktop\nlaptop\n"), (["lap"], "laptop\n"), (["lap", "restricted=true"], ""), (["restricted=true"], "desktop\n"), (["name=.*top"], "desktop\nlaptop\n"),
            ([$"fingerprint={KnownClients.Fingerprint(laptop)}"], "laptop\n")]))
            (await PrintAsync(["config", "trust", "list", .. filters, "-c", "n", "-f", "csv"])).ShouldBe(names, string.Join(' ', filters));

        (await PrintAsync("config", "trust", "list", "-c", "nr")).ShouldBe("""
            ┌─────────┬────────────┐
            │  NAME   │ RESTRICTED │
            ├─────────┼────────────┤
            │ desktop │ yes        │
            ├─────────┼────────────┤
            │ laptop  │ no         │
            └─────────┴────────────┘

            """);
        (await PrintAsync("config", "trust", "list", "-c", "n,t", "-f", "compact")).Split('\n').Select(static l => l.Trim()).ShouldBe(["NAME  │ TYPE", "desktop│client", "laptop │client", ""]);
        (await PrintAsync("config", "trust", "list", "laptop", "-c", "n", "-f", "csv,header")).ShouldBe("NAME\nlaptop\n");
        var json = System.Text.Json.Nodes.JsonNode.Parse(await PrintAsync("config", "trust", "list", "-f", "json"))!.AsArray();
        json.Select(static c => (string?)c!["name"]).ShouldBe(["desktop", "laptop"]);
        ((string?)json[1]!["fingerprint"]).ShouldBe(KnownClients.Fingerprint(laptop));
        (await PrintAsync("config", "trust", "list", "-f", "yaml")).ShouldContain("- name: desktop\n  type: client\n  restricted: true\n  projects:\n");
        (await RunAsync("config", "trust", "list", "color=red")).Errors.ShouldContain("color");
        (await RunAsync("config", "trust", "list", "-c", "z")).Status.ShouldBe(1);
    }

    [Fact]
    public async Task An_access_token_is_shown_once_and_removed()
    {
        var secret = (await PrintAsync("config", "token", "add", "ci", "--role", "publisher", "--project", "default", "-q")).TrimEnd('\n');
        Access.FindToken(secret).ShouldNotBeNull().Role.ShouldBe(Role.Publisher);
        (await PrintAsync("config", "token", "add", "other", "--expiry", "90d")).Split('\n')[^2].ShouldStartWith(Secret.TokenPrefix);
        var list = await PrintAsync("config", "token", "list", "-f", "csv");
        list.ShouldContain("ci,publisher,default,,");
        list.ShouldNotContain(secret);
        await PrintAsync("config", "token", "remove", "ci");
        Access.FindToken(secret).ShouldBeNull();
        (await RunAsync("config", "token", "add", "x", "--role", "king")).Status.ShouldBe(1);
    }

    [Fact]
    public async Task A_user_of_the_issuer_is_added_listed_shown_and_removed()
    {
        await PrintAsync("project", "create", "shop");
        await PrintAsync("config", "oidc", "add", "ann/b c@example.org", "--role", "publisher", "--project", "shop", "--description", "Ann", "--expiry", "90d");
        await PrintAsync("config", "oidc", "add", "ben");
        Access.FindSubject("ann/b c@example.org").ShouldNotBeNull().MayWrite("shop").ShouldBeTrue();
        Access.FindSubject("ben").ShouldNotBeNull().Role.ShouldBe(Role.Viewer);
        (await PrintAsync("config", "oidc", "list", "-f", "csv")).Split('\n')[0].ShouldStartWith("ann/b c@example.org,publisher,shop,Ann,");
        (await PrintAsync("config", "oidc", "show", "ann/b c@example.org")).ShouldStartWith("name: ann/b c@example.org\ndescription: Ann\nrole: publisher\nrestricted: true\nprojects:\n  - shop\n");
        (await RunAsync("config", "oidc", "add", "ben")).Errors.ShouldBe("User already in trust store");
        await PrintAsync("config", "oidc", "remove", "ann/b c@example.org");
        (await PrintAsync("config", "oidc", "list", "-f", "csv")).Split('\n').Length.ShouldBe(2);
        foreach (var wrong in (string[][])[["show", "cleo"], ["remove", "cleo"], ["add", ""], ["add", "cleo", "--role", "king"], ["add", "cleo", "--project", "none"]])
            (await RunAsync(["config", "oidc", .. wrong])).Status.ShouldBe(1, string.Join(' ', wrong));
    }

    [Fact]
    public async Task A_token_with_a_slash_in_its_name_can_be_removed()
    {
        await PrintAsync("config", "token", "add", "ci/nightly %2F");
        await PrintAsync("config", "token", "remove", "ci/nightly %2F");
        Access.State.Of(IdentityKind.Token).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_project_is_created_listed_and_deleted()
    {
        (await PrintAsync("project", "create", "shop", "--description", "Ours")).ShouldBe("Project shop created\n");
        (await PrintAsync("project", "list", "-f", "csv")).ShouldBe("default,Default Stapes project\nshop,Ours\n");
        (await PrintAsync("project", "delete", "shop")).ShouldBe("Project shop deleted\n");
        (await RunAsync("project", "create", "a/b")).Status.ShouldBe(1);
    }

    [Fact]
    public async Task Clients_can_filter_the_projects()
    {
        await PrintAsync("project", "create", "shop", "--description", "of the shop");
        await PrintAsync("project", "create", "workshop");
        using var client = server.LocalClient();
        foreach (var (filter, urls) in ((string, string)[])[
            ("name eq ^(shop|shop.*)$", """["/1.0/projects/shop"]"""), ("name ne default", """["/1.0/projects/shop","/1.0/projects/workshop"]"""),
            ("description eq \"of the shop\"", """["/1.0/projects/shop"]""")])
        {
            var list = await client.GetStringAsync(new Uri($"/1.0/projects?filter={Uri.EscapeDataString(filter)}", UriKind.Relative), Cancellation);
            System.Text.Json.Nodes.JsonNode.Parse(list)!["metadata"]!.ToJsonString().ShouldBe(urls, filter);
        }

        using var refused = await client.GetAsync(new Uri("/1.0/projects?filter=colour%20eq%20red", UriKind.Relative), Cancellation);
        refused.StatusCode.ShouldBe(System.Net.HttpStatusCode.BadRequest);
    }

    private async Task<string> PrintAsync(params string[] arguments)
    {
        var (status, output, errors) = await RunAsync(arguments);
        status.ShouldBe(0, errors);
        return output;
    }

    private async Task<(int Status, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var result = CommandLine.CreateRoot().Parse([.. arguments, "--data", server.Settings.Data]);
        result.Errors.ShouldBeEmpty();
        try
        {
            return (await result.InvokeAsync(new() { Output = output, EnableDefaultExceptionHandler = false }, Cancellation), output.ToString(), "");
        }
        catch (Core.StapesException e)
        {
            return (1, output.ToString(), e.Message);
        }
    }
}
