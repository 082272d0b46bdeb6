using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Protocols.Incus;
using Stapes.Tests.Images;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Hosting;

/// <summary>How clients become trusted, and what that gives them, over real TLS.</summary>
public sealed class TrustTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("trust_token")]
    [InlineData("password")]
    public async Task A_client_adds_itself_with_a_token_once(string field)
    {
        await using var server = await RunningServer.StartAsync();
        using var local = server.LocalClient();
        using var certificate = TestCertificate.Create("laptop");
        using var client = server.WithCertificate(certificate);
        var token = await TokenAsync(local, """{"name":"shop","type":"client","token":true}""");
        token.ClientName.ShouldBe("shop");
        token.Addresses.ShouldBe([$"127.0.0.1:{server.Https.Port}"]);
        token.Fingerprint.ShouldBe((await server.GetCertificateAsync()).ToLowerInvariant());
        token.ExpiresAt.ShouldBeGreaterThan(DateTimeOffset.UtcNow);

        ((string?)(await GetAsync(client, "/1.0"))["auth"]).ShouldBe("untrusted");
        (await SendAsync(client, "POST", "/1.0/certificates", $$"""{"{{field}}":"{{token.Encode()}}"}""")).ShouldBe(HttpStatusCode.Created);
        var info = await GetAsync(client, "/1.0");
        ((string?)info["auth"], (string?)info["auth_user_name"], (string?)info["auth_user_method"])
            .ShouldBe(("trusted", KnownClients.Fingerprint(certificate), "tls"));

        using var other = TestCertificate.Create("other");
        using var late = server.WithCertificate(other, "127.0.0.9");
        (await SendAsync(late, "POST", "/1.0/certificates", $$"""{"{{field}}":"{{token.Encode()}}"}""")).ShouldBe(HttpStatusCode.Forbidden);
        (await GetAsync(client, "/1.0/certificates?recursion=1"))[0]!["name"]!.GetValue<string>().ShouldBe("shop");
    }

    [Fact]
    public async Task What_a_token_was_made_for_counts_and_not_what_the_client_says()
    {
        await using var server = await RunningServer.StartAsync();
        using var local = server.LocalClient();
        (await SendAsync(local, "POST", "/1.0/projects", """{"name":"shop"}""")).ShouldBe(HttpStatusCode.Created);
        var token = await TokenAsync(local, """{"name":"shop","type":"client","token":true,"restricted":true,"projects":["shop"]}""");
        using var certificate = TestCertificate.Create("laptop");
        using var client = server.WithCertificate(certificate);
        (await SendAsync(client, "POST", "/1.0/certificates", $$"""{"trust_token":"{{token.Encode()}}","name":"root","restricted":false,"role":"admin"}"""))
            .ShouldBe(HttpStatusCode.Created);

        (await GetAsync(client, "/1.0/projects")).AsArray().Select(static n => (string?)n).ShouldBe(["/1.0/projects/shop"]);
        (await SendAsync(client, "GET", "/1.0/projects/default")).ShouldBe(HttpStatusCode.NotFound);
        (await SendAsync(client, "POST", "/1.0/certificates", """{"type":"client","token":true}""")).ShouldBe(HttpStatusCode.Forbidden);
        (await SendAsync(client, "POST", "/1.0/images/aliases", """{"name":"x","target":"1"}""")).ShouldBe(HttpStatusCode.Forbidden);
        (await SendAsync(client, "POST", "/1.0/images/aliases?project=shop", """{"name":"x","target":"1"}""")).ShouldBe(HttpStatusCode.NotFound);
        var own = await GetAsync(client, "/1.0/certificates?recursion=1");
        own.AsArray().ShouldHaveSingleItem()!["projects"]![0]!.GetValue<string>().ShouldBe("shop");
    }

    [Fact]
    public async Task A_change_reaches_connections_that_are_open()
    {
        await using var server = await RunningServer.StartAsync();
        using var local = server.LocalClient();
        using var certificate = TestCertificate.Create("laptop");
        using var client = server.WithCertificate(certificate);
        await server.Server.Access.TrustAsync(certificate);
        (await SendAsync(client, "GET", "/stapes/1.0/tokens")).ShouldBe(HttpStatusCode.OK);
        var url = $"/1.0/certificates/{KnownClients.Fingerprint(certificate)[..12]}";
        (await SendAsync(local, "PATCH", url, """{"role":"viewer"}""")).ShouldBe(HttpStatusCode.OK);
        (await SendAsync(client, "GET", "/stapes/1.0/tokens")).ShouldBe(HttpStatusCode.Forbidden);
        (await SendAsync(client, "GET", "/1.0/projects")).ShouldBe(HttpStatusCode.OK);
        (await SendAsync(local, "DELETE", url)).ShouldBe(HttpStatusCode.OK);
        (await SendAsync(client, "GET", "/1.0/projects")).ShouldBe(HttpStatusCode.Forbidden);
        (await SendAsync(local, "DELETE", url)).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Only_admins_see_trust_tokens_among_the_operations()
    {
        await using var server = await RunningServer.StartAsync();
        using var local = server.LocalClient();
        await TokenAsync(local, """{"name":"shop","type":"client","token":true}""");
        using var publisher = server.WithToken(await server.Server.Access.TokenAsync("ci", Role.Publisher));
        (await GetAsync(publisher, "/1.0/operations?recursion=1")).AsObject().ShouldBeEmpty();
        var operation = (await GetAsync(local, "/1.0/operations?recursion=1"))["running"]![0]!;
        (await SendAsync(publisher, "GET", $"/1.0/operations/{operation["id"]}")).ShouldBe(HttpStatusCode.NotFound);
        (await SendAsync(publisher, "DELETE", $"/1.0/operations/{operation["id"]}")).ShouldBe(HttpStatusCode.NotFound);
        (await SendAsync(local, "DELETE", $"/1.0/operations/{operation["id"]}")).ShouldBe(HttpStatusCode.OK);
        server.Server.Access.State.TrustTokens.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_trust_token_survives_a_restart()
    {
        using var directory = new TemporaryDirectory();
        TrustTokenRecord token;
        await using (var before = await RunningServer.StartAsync(data: directory["data"]))
        {
            using var local = before.LocalClient();
            token = await TokenAsync(local, """{"name":"shop","type":"client","token":true}""");
        }

        await using var server = await RunningServer.StartAsync(data: directory["data"]);
        using var again = server.LocalClient();
        ((string?)(await GetAsync(again, "/1.0/operations?recursion=1"))["running"]![0]!["metadata"]!["request"]!["name"]).ShouldBe("shop");
        using var certificate = TestCertificate.Create("laptop");
        using var client = server.WithCertificate(certificate);
        (await SendAsync(client, "POST", "/1.0/certificates", $$"""{"trust_token":"{{token.Encode()}}"}""")).ShouldBe(HttpStatusCode.Created);
        (await GetAsync(again, "/1.0/operations?recursion=1")).AsObject().ContainsKey("running").ShouldBeFalse();
    }

    [Fact]
    public async Task Whoever_guesses_is_slowed_down_and_others_are_not()
    {
        await using var server = await RunningServer.StartAsync();
        var secret = await server.Server.Access.TokenAsync("ci", Role.Viewer);
        using var guesser = server.WithToken("guess", "127.0.0.8");
        for (var i = 0; i < 6; i++)
            (await SendAsync(guesser, "GET", "/streams/v1/index.json")).ShouldBe(HttpStatusCode.Unauthorized);
        (await SendAsync(guesser, "GET", "/streams/v1/index.json")).ShouldBe(HttpStatusCode.TooManyRequests);
        using var neighbour = server.WithToken(secret, "127.0.0.8");
        (await SendAsync(neighbour, "GET", "/streams/v1/index.json")).ShouldBe(HttpStatusCode.TooManyRequests, "the secret is not even looked at");
        using var other = server.WithToken(secret, "127.0.0.9");
        (await SendAsync(other, "GET", "/streams/v1/index.json")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Whoever_guesses_the_secret_of_an_image_is_slowed_down_and_told_of_in_the_log()
    {
        await using var server = await RunningServer.StartAsync();
        var image = await server.Server.Library.AddAsync(new ImageUpload(new("image", new MemoryStream(SampleImage.Unified()))), new(), Cancellation);
        using var guesser = server.WithCertificate(null, "127.0.0.8");
        for (var i = 0; i < 6; i++)
            (await SendAsync(guesser, "GET", $"/1.0/images/{image.Fingerprint}?secret=guess{i}")).ShouldBe(HttpStatusCode.NotFound);
        using var local = server.LocalClient();
        var secret = await SecretAsync(local, image.Fingerprint.Hex);
        (await SendAsync(guesser, "GET", $"/1.0/images/{image.Fingerprint}?secret={secret}")).ShouldBe(HttpStatusCode.TooManyRequests, "the secret is not even looked at");
        using var other = server.WithCertificate(null, "127.0.0.9");
        (await SendAsync(other, "GET", $"/1.0/images/{image.Fingerprint}?secret={secret}")).ShouldBe(HttpStatusCode.OK);
        await server.StopAsync();

        var refused = server.Log.Split('\n').Where(static l => l.Contains(" audit refused ", StringComparison.Ordinal)).ToList();
        refused.Count(l => l.Contains($"from=127.0.0.8 what=GET path=\"/1.0/images/{image.Fingerprint}\" project=\"\" status=404", StringComparison.Ordinal)).ShouldBe(6);
        refused.ShouldContain(static l => l.Contains("from=127.0.0.8", StringComparison.Ordinal) && l.Contains("status=429", StringComparison.Ordinal));
        server.Log.ShouldNotContain("guess");
        server.Log.ShouldNotContain(secret);
    }

    [Fact]
    public async Task The_log_tells_whose_certificate_becomes_trusted_and_whose_is_not()
    {
        await using var server = await RunningServer.StartAsync();
        using var local = server.LocalClient();
        using var certificate = TestCertificate.Create("laptop");
        using var client = server.WithCertificate(certificate);
        await SendAsync(client, "GET", "/1.0/operations");
        var token = await TokenAsync(local, """{"name":"shop","type":"client","token":true}""");
        await SendAsync(client, "POST", "/1.0/certificates", $$"""{"trust_token":"{{token.Encode()}}"}""");
        await server.StopAsync();

        var stranger = $"who=\"stranger ({KnownClients.Fingerprint(certificate)[..12]})\" from=127.0.0.1";
        server.Log.ShouldContain($"audit refused {stranger} what=GET path=\"/1.0/operations\"");
        server.Log.ShouldContain($"audit write {stranger} what=POST path=\"/1.0/certificates\" project=\"\" status=201");
    }

    [Fact]
    public async Task The_log_tells_how_work_ended_that_a_request_began()
    {
        await using var server = await RunningServer.StartAsync();
        using var publisher = server.WithToken(await server.Server.Access.TokenAsync("ci", Role.Publisher));
        foreach (var body in (byte[][])[SampleImage.Unified(), "no \"image\""u8.ToArray()])
        {
            using var content = new ByteArrayContent(body);
            using var response = await publisher.PostAsync(new Uri("/1.0/images", UriKind.Relative), content, Cancellation);
            response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            await GetAsync(publisher, $"{response.Headers.Location}/wait");
        }

        await server.StopAsync();
        var ended = server.Log.Split('\n').Where(static l => l.Contains(" audit ended ", StringComparison.Ordinal)).ToList();
        ended.Count.ShouldBe(2);
        ended.ShouldAllBe(static l => l.Contains("who=\"token ci\" what=\"Downloading image\" operation=", StringComparison.Ordinal));
        ended[0].ShouldEndWith("project=\"default\" result=Success reason=\"\"");
        ended[1].ShouldContain("project=\"default\" result=Failure reason=\"");
    }

    [Fact]
    public async Task Each_write_and_each_refusal_is_a_line_of_the_audit_log_without_secrets()
    {
        await using var server = await RunningServer.StartAsync();
        using var local = server.LocalClient();
        var secret = await server.Server.Access.TokenAsync("ci", Role.Viewer);
        using var viewer = server.WithToken(secret);
        await SendAsync(local, "POST", "/1.0/projects", """{"name":"shop"}""");
        await SendAsync(viewer, "POST", "/1.0/projects?project=x&secret=hidden", """{"name":"shop2"}""");
        await SendAsync(viewer, "GET", "/1.0/images");
        await server.StopAsync();

        server.Log.ShouldContain("audit write who=\"unix\" from=unix what=POST path=\"/1.0/projects\" project=\"\" status=201");
        server.Log.ShouldContain("audit refused who=\"token ci\" from=127.0.0.1 what=POST path=\"/1.0/projects\" project=\"x\" status=403 reason=\"not authorized\"");
        server.Log.ShouldNotContain("hidden");
        server.Log.ShouldNotContain(secret);
    }

    [Fact]
    public async Task A_page_of_another_site_cannot_use_what_a_browser_knows()
    {
        await using var server = await RunningServer.StartAsync();
        using var certificate = TestCertificate.Create("laptop");
        await server.Server.Access.TrustAsync(certificate);
        using var browser = server.WithCertificate(certificate);
        browser.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");
        (await SendAsync(browser, "POST", "/1.0/projects", """{"name":"shop"}""")).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("", HttpStatusCode.OK)]
    public async Task A_page_of_another_origin_cannot_use_it_where_a_browser_says_nothing_else(string origin, HttpStatusCode status)
    {
        await using var server = await RunningServer.StartAsync();
        using var certificate = TestCertificate.Create("laptop");
        await server.Server.Access.TrustAsync(certificate);
        using var browser = server.WithCertificate(certificate);
        browser.DefaultRequestHeaders.Add("Origin", origin.Length > 0 ? origin : server.Https.GetLeftPart(UriPartial.Authority));
        (await SendAsync(browser, "GET", "/1.0/operations")).ShouldBe(status);
    }

    [Fact]
    public async Task Nothing_that_a_request_holds_looks_like_another_part_of_its_line_in_the_audit_log()
    {
        await using var server = await RunningServer.StartAsync();
        using var stranger = server.WithCertificate(null);
        await SendAsync(stranger, "DELETE", "/1.0/images/x%22%20status=200%20reason=%22%0Aaudit%20write%E2%80%A8?project=%22%20who=%22unix");
        await server.StopAsync();
        var line = server.Log.Split('\n').Single(static l => l.Contains(" audit refused ", StringComparison.Ordinal));
        line.ShouldContain("path=\"/1.0/images/x\\\" status=200 reason=\\\"\\x0aaudit write\\x2028\" project=\"\\\" who=\\\"unix\" status=403");
    }

    private static async Task<TrustTokenRecord> TokenAsync(HttpClient admin, string request)
    {
        using var content = new StringContent(request, Encoding.UTF8, "application/json");
        using var response = await admin.PostAsync(new Uri("/1.0/certificates", UriKind.Relative), content, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var operation = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["metadata"]!;
        return TrustTokenRecord.Of(System.Text.Json.JsonSerializer.Deserialize(operation, IncusJsonContext.Default.OperationRecord)!).ShouldNotBeNull();
    }

    private static async Task<string> SecretAsync(HttpClient client, string fingerprint)
    {
        using var response = await client.PostAsync(new Uri($"/1.0/images/{fingerprint}/secret", UriKind.Relative), null, Cancellation);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["metadata"]!["metadata"]!["secret"]!;
    }

    private static async Task<JsonNode> GetAsync(HttpClient client, string path) =>
        JsonNode.Parse(await client.GetStringAsync(new Uri(path, UriKind.Relative), Cancellation))!["metadata"]!;

    private static async Task<HttpStatusCode> SendAsync(HttpClient client, string method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await client.SendAsync(request, Cancellation);
        return response.StatusCode;
    }
}
