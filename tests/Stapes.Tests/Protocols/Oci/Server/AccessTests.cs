using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Stapes.Core;
using Stapes.Core.Access;
using Stapes.Protocols.Oci.Server;
using Stapes.Tests.Library;

namespace Stapes.Tests.Protocols.Oci.Server;

/// <summary>Source: Docker Registry, «Token Authentication Specification».</summary>
public sealed class AccessTests : RegistryTest
{
    [Fact]
    public async Task Strangers_pull_what_is_public_and_nothing_else()
    {
        var manifest = await MakeImageAsync("public/app", null, "layer");
        (await PushManifestAsync("v1", manifest, name: "public/app")).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await PushManifestAsync("v1", await MakeImageAsync("private/app", null), name: "private/app")).StatusCode.ShouldBe(HttpStatusCode.Created);

        (await SendAsync("GET", "/v2/public/app/manifests/v1", user: null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SendAsync("GET", $"/v2/public/app/blobs/{Sha256("layer"u8)}", user: null)).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var path in (string[])["/v2/private/app/manifests/v1", "/v2/private/none/manifests/v1", "/v2/private/app/tags/list"])
        {
            using var response = await SendAsync("GET", path, user: null);
            response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await CodeAsync(response)).ShouldBe("UNAUTHORIZED");
        }

        using var list = await SendAsync("GET", "/v2/_catalog", user: null);
        (await list.Content.ReadAsStringAsync(Cancellation)).ShouldBe("""{"repositories":["public/app"]}""");
        using var push = await SendAsync("POST", "/v2/public/app/blobs/uploads/", Bytes([]), user: null);
        push.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        push.Headers.WwwAuthenticate.Single().Parameter.ShouldBe(
            $"realm=\"{Address}v2/token\",service=\"{Address.Authority}\",scope=\"repository:public/app:pull,push\"");
    }

    [Fact]
    public async Task A_login_is_checked()
    {
        using var unknown = await SendAsync("GET", "/v2/", user: null);
        unknown.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        unknown.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Bearer");
        (await SendAsync("GET", "/v2/", user: "viewer")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SendAsync("GET", "/v2", user: "viewer")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SendAsync("GET", "/v2/", user: "nobody")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await SendAsync("GET", "/v2/token", user: "nobody")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await BearerAsync("GET", "/v2/", "nonsense")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_viewer_pulls_and_does_not_push()
    {
        await PushBlobAsync("x"u8.ToArray());

        (await SendAsync("GET", $"/v2/{Name}/blobs/{Sha256("x"u8)}", user: "viewer")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldFailAsync(SendAsync("POST", $"/v2/{Name}/blobs/uploads/", Bytes([]), "viewer"), HttpStatusCode.Forbidden, "DENIED");
        await ShouldFailAsync(SendAsync("DELETE", $"/v2/{Name}/blobs/{Sha256("x"u8)}", user: "viewer"), HttpStatusCode.Forbidden, "DENIED");
    }

    [Fact]
    public async Task What_a_restricted_caller_may_not_see_does_not_exist()
    {
        await PushBlobAsync("x"u8.ToArray());
        await PushBlobAsync("x"u8.ToArray(), "lab/app");

        (await SendAsync("GET", $"/v2/lab/app/blobs/{Sha256("x"u8)}", user: "viewer-lab")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/blobs/{Sha256("x"u8)}", user: "viewer-lab"), HttpStatusCode.NotFound, "NAME_UNKNOWN");
        await ShouldFailAsync(SendAsync("POST", $"/v2/{Name}/blobs/uploads/", Bytes([]), "publisher-lab"), HttpStatusCode.NotFound, "NAME_UNKNOWN");
        using var list = await SendAsync("GET", "/v2/_catalog", user: "viewer-lab");
        (await list.Content.ReadAsStringAsync(Cancellation)).ShouldBe("""{"repositories":["lab/app"]}""");
    }

    [Fact]
    public async Task A_token_allows_what_it_was_asked_for_and_its_owner_may()
    {
        await PushBlobAsync("x"u8.ToArray());
        var (pull, granted) = await TokenAsync("publisher", $"repository:{Name}:pull");
        granted.ShouldBe($"repository:{Name}:pull");
        (await BearerAsync("GET", $"/v2/{Name}/blobs/{Sha256("x"u8)}", pull)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await BearerAsync("GET", "/v2/", pull)).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var push = await BearerAsync("POST", $"/v2/{Name}/blobs/uploads/", pull);
        push.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        push.Headers.WwwAuthenticate.Single().Parameter!.ShouldEndWith("error=\"insufficient_scope\"");
        (await BearerAsync("GET", $"/v2/other/blobs/{Sha256("x"u8)}", pull)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        (await TokenAsync("viewer", $"repository:{Name}:pull,push,delete repository:Bad!:pull registry:catalog:*")).Scope.ShouldBe($"repository:{Name}:pull");
        (await TokenAsync("publisher", $"repository:{Name}:*")).Scope.ShouldBe($"repository:{Name}:pull,push,delete");
        var (pusher, _) = await TokenAsync("publisher", $"repository:{Name}:pull,push");
        (await BearerAsync("POST", $"/v2/{Name}/blobs/uploads/", pusher)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await BearerAsync("DELETE", $"/v2/{Name}/blobs/{Sha256("x"u8)}", pusher)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_stranger_gets_a_token_for_what_is_public()
    {
        await PushBlobAsync("x"u8.ToArray(), "public/app");
        var (token, scope) = await TokenAsync(null, "repository:public/app:pull,push", "repository:private:pull");

        scope.ShouldBe("repository:public/app:pull");
        (await BearerAsync("GET", "/v2/", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await BearerAsync("GET", $"/v2/public/app/blobs/{Sha256("x"u8)}", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await BearerAsync("POST", "/v2/public/app/blobs/uploads/", token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Whoever_loses_a_right_has_it_no_longer_although_the_token_was_made_before()
    {
        var (token, _) = await TokenAsync("publisher", $"repository:{Name}:pull,push");
        (await BearerAsync("POST", $"/v2/{Name}/blobs/uploads/", token)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var identity = Access.State.Of(IdentityKind.Token).Single(static i => i.Name == "publisher");
        await Access.UpdateAsync(identity.Key, static i => i with { Role = Role.Viewer }, Cancellation);
        (await BearerAsync("POST", $"/v2/{Name}/blobs/uploads/", token)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        await Access.RemoveAsync(identity.Key, Cancellation);
        (await BearerAsync("POST", $"/v2/{Name}/blobs/uploads/", token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_project_with_repositories_cannot_be_deleted_because_they_would_be_those_of_another()
    {
        await PushBlobAsync([1], "lab/app");
        var error = await Should.ThrowAsync<StapesException>(() => Access.ChangeProjectsAsync(ProjectChanges.Delete("lab"), Cancellation));
        error.Message.ShouldContain("repositories");
    }

    [Fact]
    public async Task A_token_ends_and_cannot_be_changed()
    {
        var (token, _) = await TokenAsync("publisher", $"repository:{Name}:pull,push");
        var parts = token.Split('.');
        var (stranger, _) = await TokenAsync(null, "");

        (await BearerAsync("GET", "/v2/", $"{parts[0]}.{stranger.Split('.')[1]}.{parts[2]}")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await BearerAsync("GET", "/v2/", $"{parts[0]}.{parts[1]}.")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await BearerAsync("GET", "/v2/", $"{parts[0]}.{parts[1]}")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await BearerAsync("GET", "/v2/", "eyJhbGciOiJub25lIn0." + parts[1] + ".")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await RestartAsync();
        (await BearerAsync("GET", "/v2/", token)).StatusCode.ShouldBe(HttpStatusCode.OK);

        var (old, _) = new RegistryTokens(TokenKey, new ManualTime { Now = DateTimeOffset.UtcNow.AddMinutes(-5) }, static c => c).Issue(Caller.Local, []);
        using var response = await BearerAsync("GET", "/v2/", old);
        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        response.Headers.WwwAuthenticate.Single().ToString().ShouldBe(
            $"Bearer realm=\"{Address}v2/token\",service=\"{Address.Authority}\",error=\"invalid_token\"");
    }

    [Fact]
    public async Task A_token_gets_no_other_one_which_would_be_for_more_or_for_longer()
    {
        var (token, _) = await TokenAsync("publisher", $"repository:{Name}:pull");
        (await BearerAsync("GET", "/v2/", token)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await BearerAsync("GET", "/v2/token?scope=repository:images/debian:pull", token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await BearerAsync("POST", "/v2/token", token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_of_the_registry_is_none_of_the_other_protocols()
    {
        var (token, _) = await TokenAsync("admin", $"repository:{Name}:*");

        (await BearerAsync("GET", "/1.0/images", token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_token_endpoint_takes_a_form_too()
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "password", ["username"] = "publisher", ["password"] = await PasswordOfAsync("publisher"), ["scope"] = $"repository:{Name}:push", ["client_id"] = "x",
        });
        using var response = await SendAsync("POST", "/v2/token", form, user: null);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var reply = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        ((int)reply["expires_in"]!).ShouldBe(300);
        (await BearerAsync("POST", $"/v2/{Name}/blobs/uploads/", (string)reply["access_token"]!)).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        using var wrong = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "password", ["username"] = "publisher", ["password"] = "x" });
        (await SendAsync("POST", "/v2/token", wrong, user: null)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        using var refresh = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = "refresh_token" });
        (await SendAsync("POST", "/v2/token", refresh, user: null)).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var large = new FormUrlEncodedContent(new Dictionary<string, string> { ["grant_type"] = new('x', 100_000) });
        (await SendAsync("POST", "/v2/token", large, user: null)).StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    /// <summary>Which requests those are: google/go-containerregistry, pkg/v1/remote.</summary>
    [Fact]
    public async Task What_crane_sends_pushes_pulls_lists_and_deletes_with_one_token_each()
    {
        const string name = "lab/crane";
        await PushBlobAsync("shared"u8.ToArray(), "lab/base");
        (await SendAsync("GET", "/v2/", user: null)).Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Bearer");
        var (token, granted) = await TokenAsync("publisher", $"repository:{name}:push,pull", "repository:lab/base:pull");
        granted.ShouldBe($"repository:{name}:pull,push repository:lab/base:pull");

        (await BearerAsync("HEAD", $"/v2/{name}/blobs/{Sha256("shared"u8)}", token)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await BearerAsync("POST", $"/v2/{name}/blobs/uploads/?from={Uri.EscapeDataString("lab/base")}&mount={Uri.EscapeDataString(Sha256("shared"u8))}&origin=", token))
            .StatusCode.ShouldBe(HttpStatusCode.Created);
        foreach (var content in (byte[][])["layer"u8.ToArray(), "{}"u8.ToArray()])
        {
            using var begun = await BearerAsync("POST", $"/v2/{name}/blobs/uploads/?from=lab%2Fnone&mount={Uri.EscapeDataString(Sha256(content))}&origin=", token);
            begun.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            // The bytes come as one stream whose length nobody knows.
            using var stream = new PushStreamContent(content);
            using var sent = await BearerAsync("PATCH", begun.Headers.Location!.OriginalString, token, stream);
            sent.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            (await BearerAsync("PUT", $"{sent.Headers.Location!.OriginalString}?digest={Uri.EscapeDataString(Sha256(content))}", token, Bytes([]))).StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        var manifest = await MakeImageAsync("lab/other", null, "shared", "layer");
        (await BearerAsync("HEAD", $"/v2/{name}/manifests/{Sha256(manifest)}", token)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        using var put = await BearerAsync("PUT", $"/v2/{name}/manifests/v1", token, Bytes(manifest, ManifestType));
        put.StatusCode.ShouldBe(HttpStatusCode.Created);

        var (reader, _) = await TokenAsync("viewer", $"repository:{name}:pull");
        using var head = await BearerAsync("HEAD", $"/v2/{name}/manifests/v1", reader);
        (head.StatusCode, Header(head, "Docker-Content-Digest"), Header(head, "Content-Length"), Header(head, "Content-Type"))
            .ShouldBe((HttpStatusCode.OK, Sha256(manifest), manifest.Length.ToString(CultureInfo.InvariantCulture), ManifestType));
        using var pulled = await BearerAsync("GET", $"/v2/{name}/manifests/{Sha256(manifest)}", reader);
        (await pulled.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(manifest);
        using var tags = await BearerAsync("GET", $"/v2/{name}/tags/list?n=1000", reader);
        (await tags.Content.ReadAsStringAsync(Cancellation)).ShouldBe($$"""{"name":"{{name}}","tags":["v1"]}""");

        (await BearerAsync("DELETE", $"/v2/{name}/manifests/{Sha256(manifest)}", token)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var (deleter, _) = await TokenAsync("publisher", $"repository:{name}:delete");
        (await BearerAsync("DELETE", $"/v2/{name}/manifests/{Sha256(manifest)}", deleter)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Behind_a_proxy_clients_are_sent_to_https()
    {
        using var response = await SendAsync("GET", "/v2/", user: null, headers: ("X-Forwarded-Proto", "https"));
        response.Headers.WwwAuthenticate.Single().Parameter!.ShouldStartWith($"realm=\"https://{Address.Authority}/v2/token\"");
    }

    private async Task<(string Token, string Scope)> TokenAsync(string? user, params string[] scopes)
    {
        var query = string.Join('&', scopes.Select(static s => "scope=" + Uri.EscapeDataString(s)));
        using var response = await SendAsync("GET", $"/v2/token?service=x&{query}", user: user);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var reply = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        return ((string)reply["token"]!, (string)reply["scope"]!);
    }

    private Task<HttpResponseMessage> BearerAsync(string method, string path, string token, HttpContent? content = null) =>
        SendAsync(method, path, content ?? (method is "POST" ? Bytes([]) : null), null, ("Authorization", new AuthenticationHeaderValue("Bearer", token).ToString()));

    /// <summary>Goes out in chunks of HTTP.</summary>
    private sealed class PushStreamContent(byte[] content) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(content).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
