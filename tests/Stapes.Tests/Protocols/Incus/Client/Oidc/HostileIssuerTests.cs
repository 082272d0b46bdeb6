using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Protocols.Incus.Client;
using Stapes.Protocols.Shared.Client;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Protocols.Incus.Client.Oidc;

/// <summary>Issuers, and servers that name them, which do what they should not.</summary>
public sealed class HostileIssuerTests : IAsyncLifetime
{
    private const string Old = """{"access_token":"s3cret-0","token_type":"Bearer","refresh_token":"s3cret-1","expiry":"0001-01-01T00:00:00Z","IDTokenClaims":null,"IDToken":""}""";

    private LoginServers servers = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => servers = await LoginServers.StartAsync();

    public ValueTask DisposeAsync() => servers.DisposeAsync();

    [Theory]
    [InlineData("http://login.example")]
    [InlineData("ftp://login.example")]
    [InlineData("login.example")]
    [InlineData("https://me:s3cret@login.example")]
    public async Task Only_an_issuer_with_tls_is_asked(string issuer)
    {
        servers.IssuerName = issuer;
        servers.Keep(Old);

        (await ShouldFailAsync()).ShouldContain("which is no https:// URL");
    }

    [Fact]
    public async Task An_issuer_whose_certificate_nobody_vouches_for_is_asked_nothing()
    {
        await using var issuer = await WebServer.StartTlsAsync(static _ => Task.CompletedTask);
        servers.IssuerName = issuer.Url.AbsoluteUri.TrimEnd('/');
        servers.Keep(Old);

        (await ShouldFailAsync()).ShouldContain("is not trusted");

        issuer.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("issuer", "https://other.example", "calls itself \"https://other.example\"")]
    [InlineData("token_endpoint", "http://login.example/token", "names no token_endpoint with an https:// URL")]
    [InlineData("token_endpoint", null, "names no token_endpoint with an https:// URL")]
    public async Task A_document_that_leads_elsewhere_is_not_followed(string field, string? value, string message)
    {
        servers.Discovery[field] = value;
        servers.Keep(Old);

        (await ShouldFailAsync()).ShouldContain(message);

        servers.Forms.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("device_authorization_endpoint", "http://login.example/device", "names no device_authorization_endpoint with an https:// URL")]
    [InlineData("device_authorization_endpoint", null, "names no device_authorization_endpoint with an https:// URL")]
    public async Task An_issuer_without_logins_of_devices_is_told(string field, string? value, string message)
    {
        servers.Discovery[field] = value;

        (await ShouldFailAsync()).ShouldContain(message);
    }

    [Theory]
    [InlineData("<html>", 200, "does not answer as an issuer of tokens does")]
    [InlineData("null", 200, "does not answer as an issuer of tokens does")]
    [InlineData("[]", 200, "does not answer as an issuer of tokens does")]
    [InlineData("s3cret-1", 500, "answered")]
    public async Task What_is_no_answer_ends_in_a_line(string answer, int status, string message)
    {
        foreach (var path in (string[])["/.well-known/openid-configuration", "/token"])
        {
            servers.Instead = http =>
            {
                http.Response.StatusCode = http.Request.Path == path ? status : 200;
                return http.Response.WriteAsync(http.Request.Path == path ? answer : servers.Discovery.ToJsonString());
            };
            servers.Keep(Old);

            (await ShouldFailAsync()).ShouldContain(message);

            File.ReadAllText(servers.LoginPath).ShouldBe(Old);
        }
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read_to_its_end()
    {
        servers.Instead = static async http =>
        {
            while (!http.RequestAborted.IsCancellationRequested)
                await http.Response.Body.WriteAsync(new byte[1 << 16], http.RequestAborted);
        };

        (await ShouldFailAsync()).ShouldContain("answers with more than");
    }

    [Theory]
    [InlineData("""{"token_type":"Bearer"}""")]
    [InlineData("""{"access_token":"s3cret\r\nX: y","token_type":"Bearer"}""")]
    [InlineData("""{"access_token":"s3cret","token_type":"mac"}""")]
    public async Task What_is_no_bearer_token_is_not_sent(string answer)
    {
        servers.Keep(Old);
        servers.TokenAnswers.Enqueue(answer);

        (await ShouldFailAsync()).ShouldContain("gives no token of the type Bearer");
    }

    [Theory]
    [InlineData("verification_uri", "javascript:alert(1)")]
    [InlineData("verification_uri", null)]
    [InlineData("device_code", null)]
    [InlineData("user_code", "")]
    public async Task Nobody_is_sent_to_a_page_that_is_none(string field, string? value)
    {
        var code = JsonNode.Parse(LoginServers.Code)!;
        code[field] = value;
        servers.CodeAnswer = code.ToJsonString();

        (await ShouldFailAsync()).ShouldContain("does not say where to log in");

        servers.Prompts.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_user_reads_is_no_more_than_text()
    {
        servers.CodeAnswer = """{"device_code":"d","user_code":"A\u001b[2J\nB","verification_uri":"https://login.example/\u001b]0;x","expires_in":1}""";

        await ShouldFailAsync();

        servers.Prompts.ShouldBe(["URL: https://login.example/%1B]0;x", "Code: A [2J B"]);
    }

    [Fact]
    public async Task A_refresh_token_is_not_redirected()
    {
        await using var other = await WebServer.StartAsync(static _ => Task.CompletedTask);
        servers.Instead = http =>
        {
            if (http.Request.Path != "/token")
                return http.Response.WriteAsync(servers.Discovery.ToJsonString());
            http.Response.StatusCode = 307;
            http.Response.Headers.Location = other.Url.AbsoluteUri;
            return Task.CompletedTask;
        };
        servers.Keep(Old);

        (await ShouldFailAsync()).ShouldContain("with 307");

        other.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Whom_the_server_redirects_to_is_not_shown_the_login_and_cannot_ask_for_one()
    {
        var shown = "nothing asked";
        var certificate = TestCertificate.Create();
        await using var other = await WebServer.StartAsync(
            http =>
            {
                shown = http.Request.Headers.Authorization.ToString();
                LoginServers.Challenge(http, servers.IssuerName);
                return http.Response.WriteAsync("""{"type":"error","error":"Who are you?","error_code":401}""");
            },
            certificate);
        await using var server = await WebServer.StartAsync(
            http =>
            {
                http.Response.Redirect(other.Url.AbsoluteUri);
                return Task.CompletedTask;
            },
            certificate);
        servers.Keep(Old);
        using var connection = new IncusServer(IncusConnection.To(servers.Access() with { Addresses = [ServerAddress.Parse(server.Url)], PinnedCertificate = certificate }));

        (await Should.ThrowAsync<StapesException>(connection.GetAsync(Cancellation))).Message.ShouldBe("Who are you?");

        shown.ShouldBeEmpty();
        servers.Issuer.Requests.ShouldBeEmpty();
    }

    private async Task<string> ShouldFailAsync()
    {
        using var server = new IncusServer(servers.Connect());
        var failure = await Should.ThrowAsync<StapesException>(server.GetAsync(Cancellation));
        failure.ToString().ShouldNotContain("s3cret");
        failure.Message.ShouldNotContain('\n');
        return failure.Message;
    }
}
