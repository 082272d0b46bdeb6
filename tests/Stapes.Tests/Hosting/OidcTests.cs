using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Stapes.Core.Access;
using Stapes.Tests.Shared.Authentication;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Hosting;

/// <summary>Users of an issuer at a real server.</summary>
public sealed class OidcTests : IAsyncLifetime
{
    private Issuer issuer = null!;

    public async ValueTask InitializeAsync() => issuer = await Issuer.StartAsync();

    public ValueTask DisposeAsync() => issuer.DisposeAsync();

    [Fact]
    public async Task A_client_without_a_token_is_told_where_to_sign_in()
    {
        await using var server = await StartAsync();
        using var client = server.Client(tls: true);
        using var refused = await SendAsync(client, "/1.0", "");
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        Header(refused, "issuer").ShouldBe(issuer.Url);
        Header(refused, "clientid").ShouldBe("stapes");
        Header(refused, "audience").ShouldBe("images");
        Header(refused, "scopes").ShouldBe("openid,email");
        using var forbidden = await client.GetAsync(new Uri("/1.0/operations", UriKind.Relative), Cancellation);
        forbidden.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        Header(forbidden, "issuer").ShouldBe(issuer.Url);
        using var served = await client.GetAsync(new Uri("/1.0", UriKind.Relative), Cancellation);
        served.Headers.Contains("X-Incus-OIDC-issuer").ShouldBeFalse();
        (await MetadataAsync(served))["auth_methods"]!.ToJsonString().ShouldBe("""["tls","oidc"]""");
    }

    [Fact]
    public async Task A_user_who_was_added_has_the_role_that_was_given()
    {
        await using var server = await StartAsync();
        await server.Server.Access.AddUserAsync(new("user-1", Role.Viewer), Cancellation);
        using var client = server.Client(tls: true);
        using var shown = await SendAsync(client, "/1.0", Token());
        var metadata = await MetadataAsync(shown);
        ((string?)metadata["auth"]).ShouldBe("trusted");
        ((string?)metadata["auth_user_method"]).ShouldBe("oidc");
        ((string?)metadata["auth_user_name"]).ShouldBe("user-1");
        using var written = await SendAsync(client, "/1.0/images", Token(), HttpMethod.Post);
        written.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        await server.Server.Access.RemoveAsync(new(IdentityKind.Oidc, "user-1"), Cancellation);
        using var removed = await SendAsync(client, "/1.0", Token());
        removed.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_user_who_is_called_as_a_certificate_has_none_of_its_rights()
    {
        await using var server = await StartAsync();
        var access = server.Server.Access;
        using var certificate = TestCertificate.Create("admin");
        await access.TrustAsync(certificate);
        var fingerprint = KnownClients.Fingerprint(certificate);
        using var client = server.Client(tls: true);
        using var unknown = await SendAsync(client, "/1.0", Token(subject: fingerprint));
        unknown.StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        await access.AddUserAsync(new(fingerprint, Role.Viewer), Cancellation);
        using var written = await SendAsync(client, "/1.0/images", Token(subject: fingerprint), HttpMethod.Post);
        written.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var trusted = server.WithCertificate(certificate);
        var listed = await trusted.GetStringAsync(new Uri("/1.0/certificates", UriKind.Relative), Cancellation);
        JsonNode.Parse(listed)!["metadata"]!.AsArray().Count.ShouldBe(1, "the user has no certificate");

        using var removed = await trusted.DeleteAsync(new Uri($"/1.0/certificates/{fingerprint}", UriKind.Relative), Cancellation);
        removed.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var shown = await SendAsync(client, "/1.0", Token(subject: fingerprint));
        ((string?)(await MetadataAsync(shown))["auth_user_name"]).ShouldBe(fingerprint, "the user is still there");
        using var stranger = await trusted.GetAsync(new Uri("/1.0/operations", UriKind.Relative), Cancellation);
        stranger.StatusCode.ShouldBe(HttpStatusCode.Forbidden, "and is not the certificate");
    }

    [Fact]
    public async Task Everybody_else_may_do_what_the_configuration_says()
    {
        await using var server = await StartAsync(Role.Publisher);
        using var client = server.Client(tls: true);
        using var listed = await SendAsync(client, "/1.0/operations", Token());
        listed.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_user_whom_nobody_added_is_refused_by_name()
    {
        await using var server = await StartAsync();
        using var client = server.Client(tls: true);
        using var refused = await SendAsync(client, "/1.0", Token());
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await refused.Content.ReadAsStringAsync(Cancellation)).ShouldContain("user-1 may do nothing on this server");
    }

    [Fact]
    public async Task Expired_tokens_do_not_count_as_guesses()
    {
        await using var server = await StartAsync(Role.Viewer);
        using var client = server.Client(tls: true);
        for (var i = 0; i < 20; i++)
        {
            using var refused = await SendAsync(client, "/1.0", Token(expired: true));
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        using var served = await SendAsync(client, "/1.0", Token());
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Task<RunningServer> StartAsync(Role? others = null) => RunningServer.StartAsync(change: settings => settings with
    {
        Oidc = new() { Issuer = issuer.Url, ClientId = "stapes", Audience = "images", Scopes = ["openid", "email"] },
        OidcRole = others,
    });

    private string Token(bool expired = false, string subject = "user-1")
    {
        var claims = issuer.Claims();
        claims["sub"] = subject;
        claims["aud"] = "images";
        claims["exp"] = (DateTimeOffset.UtcNow + TimeSpan.FromHours(expired ? -1 : 1)).ToUnixTimeSeconds();
        return issuer.Sign(claims);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string path, string token, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        request.Headers.Authorization = token.Length == 0 ? new("Bearer") : new AuthenticationHeaderValue("Bearer", token);
        return await client.SendAsync(request, Cancellation);
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues($"X-Incus-OIDC-{name}", out var values) ? values.Single() : null;

    private static async Task<JsonNode> MetadataAsync(HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["metadata"]!;
}
