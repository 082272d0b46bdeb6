using Microsoft.AspNetCore.Http;
using Stapes.Commands;
using Stapes.Core;
using Stapes.Core.Access;
using Stapes.Tests.Hosting;
using Stapes.Tests.Shared.Authentication;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Commands.Remote;

/// <summary><c>stapes remote add</c> with a login, at a real server of ours and an issuer on loopback.</summary>
public sealed class RemoteLoginTests : IAsyncLifetime
{
    private readonly TemporaryDirectory files = new();
    private readonly StringWriter errors = new() { NewLine = "\n" };
    private Issuer issuer = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => issuer = await Issuer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await issuer.DisposeAsync();
        errors.Dispose();
        files.Dispose();
    }

    [Fact]
    public async Task A_remote_is_added_with_a_login_that_is_kept_and_goes_with_it()
    {
        await using var server = await StartAsync();
        issuer.DeviceUser = "ann";

        await PrintAsync("remote", "add", "corp", server.Https.Authority, "--auth-type=oidc", "--accept-certificate");

        errors.ToString().ShouldBe($"URL: {issuer.Url}/page\nCode: ABCD-EFGH\n");
        (await PrintAsync("remote", "list", "-f", "csv", "-c", "na")).ShouldContain("corp,oidc\n");
        File.Exists(files["conf/client.key"]).ShouldBeFalse("a login needs no certificate");
        File.GetUnixFileMode(files["conf/oidctokens/corp.json"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await PrintAsync("image", "alias", "list", "corp:");

        await PrintAsync("remote", "rename", "corp", "firm");
        await File.WriteAllTextAsync(files["conf/oidctokens/firm.json"], """{"access_token":"ended","refresh_token":"s3cret"}""", Cancellation);
        await PrintAsync("image", "list", "firm:");
        File.Exists(files["conf/oidctokens/corp.json"]).ShouldBeFalse();
        (await File.ReadAllTextAsync(files["conf/oidctokens/firm.json"], Cancellation)).ShouldNotContain("ended");

        await PrintAsync("remote", "remove", "firm");
        Directory.GetFiles(files["conf/oidctokens"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_is_added_when_the_login_is_denied_or_worth_nothing()
    {
        await using var server = await StartAsync(others: null);
        string[] add = ["remote", "add", "corp", server.Https.Authority, "--auth-type=oidc", "--accept-certificate"];

        (await Should.ThrowAsync<StapesException>(PrintAsync(add))).Message.ShouldContain(" was denied at ");
        issuer.DeviceUser = "ann";
        (await Should.ThrowAsync<StapesException>(PrintAsync(add))).Message.ShouldContain("ann may do nothing on this server");

        (await PrintAsync("remote", "list", "-f", "csv", "-c", "n")).ShouldBe("images\nlocal (current)\n");
        Directory.Exists(files["conf/oidctokens"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("corp,oidc\n", """["tls","oidc"]""", "untrusted")]
    [InlineData("corp,oidc\n", """["oidc"]""", "untrusted")]
    [InlineData("corp,tls\n", """["tls","oidc"]""", "trusted")]
    [InlineData("corp,tls\n", """["tls","oidc"]""", "untrusted", "--token=tok")]
    [InlineData("corp,tls\n", """["tls","oidc"]""", "trusted", "--auth-type=tls")]
    public async Task Without_a_wish_a_login_goes_before_a_trust_token(string listed, string methods, string auth, params string[] options)
    {
        issuer.DeviceUser = "ann";
        await using var server = await WebServer.StartTlsAsync(http =>
        {
            if (HttpMethods.IsPost(http.Request.Method) || http.Request.Headers.Authorization.ToString().Contains('.', StringComparison.Ordinal))
                auth = "trusted";
            else if (http.Request.Headers.Authorization == "Bearer")
                Stapes.Tests.Protocols.Incus.Client.Oidc.LoginServers.Challenge(http, issuer.Url);
            return http.Response.WriteAsync($$"""{"type":"sync","status":"Success","status_code":200,"metadata":{{(http.Request.Path == "/1.0" ? $$"""{"auth":"{{auth}}","auth_methods":{{methods}},"public":false}""" : "[]")}}}""");
        });

        await PrintAsync(["remote", "add", "corp", server.Url.Authority, "--accept-certificate", .. options]);

        (await PrintAsync("remote", "list", "-f", "csv", "-c", "na")).ShouldContain(listed);
    }

    [Fact]
    public async Task A_login_is_no_trust_token()
    {
        await using var server = await WebServer.StartTlsAsync(static http => http.Response.WriteAsync("""{"type":"sync","metadata":{"auth":"untrusted","auth_methods":["tls"]}}"""));
        string[] add = ["remote", "add", "corp", server.Url.Authority, "--auth-type=oidc", "--accept-certificate"];

        (await Should.ThrowAsync<StapesException>(PrintAsync([.. add, "--token=tok"]))).Message.ShouldStartWith("A trust token is not for --auth-type=oidc");
        (await Should.ThrowAsync<StapesException>(PrintAsync(add))).Message.ShouldBe("Authentication type 'oidc' not supported by server: it knows tls");
    }

    private Task<RunningServer> StartAsync(Role? others = Role.Viewer) => RunningServer.StartAsync(change: settings => settings with
    {
        Oidc = new() { Issuer = issuer.Url, ClientId = "stapes", Audience = "images" },
        OidcRole = others,
    });

    private async Task<string> PrintAsync(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var result = CommandLine.CreateRoot().Parse([.. arguments, "--config", files["conf"]]);
        result.Errors.ShouldBeEmpty();
        (await result.InvokeAsync(new() { Output = output, Error = errors, EnableDefaultExceptionHandler = false }, Cancellation)).ShouldBe(0);
        return output.ToString();
    }
}
