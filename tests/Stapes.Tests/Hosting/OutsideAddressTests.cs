using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Protocols.Shared.Client;
using Stapes.Tests.Images;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Hosting;

/// <summary>Where a server goes for a publisher: never into its own network, whatever names, redirects and documents say.</summary>
public sealed class OutsideAddressTests : IAsyncLifetime
{
    /// <summary>The only address beside public ones that the configuration lets publishers name.</summary>
    private static readonly IPAddress Allowed = IPAddress.Parse("127.0.0.2");

    private WebServer inside = null!;
    private WebServer outside = null!;
    private RunningServer server = null!;
    private HttpClient publisher = null!;
    private HttpClient admin = null!;
    private RequestDelegate answer = NotFoundAsync;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Protocols => ["incus", "simplestreams", "oci", "url"];

    public static TheoryData<string, string> Closed => new MatrixTheoryData<string, string>(
        [
            "127.0.0.1", "127.1", "0x7f.1", "2130706433", "017700000001", "localhost", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1",
            "169.254.169.254", "224.0.0.1", "255.255.255.255", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[64:ff9b::7f00:1]",
            "[fe80::1]", "[fc00::1]", "[ff02::1]", "[2002:7f00:1::1]",
        ], ["incus", "simplestreams", "oci", "url"]);

    public async ValueTask InitializeAsync()
    {
        inside = await WebServer.StartAsync(NotFoundAsync);
        outside = await WebServer.StartAsync(http => answer(http), address: Allowed);
        server = await RunningServer.StartAsync(change: static s => s with { PullAllow = AddressGuard.Allowing([Allowed.ToString()]) });
        publisher = server.WithToken(await server.Server.Access.TokenAsync("publisher", Role.Publisher));
        admin = server.LocalClient();
    }

    public async ValueTask DisposeAsync()
    {
        publisher.Dispose();
        admin.Dispose();
        await server.DisposeAsync();
        await inside.DisposeAsync();
        await outside.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Closed))]
    public async Task A_publisher_cannot_have_the_server_ask_its_own_network(string host, string protocol)
    {
        ShouldBeRefused(await PullAsync(publisher, protocol, $"http://{host}:{inside.Url.Port}"));
        inside.Requests.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_admin_can(string protocol)
    {
        (await PullAsync(admin, protocol, $"http://127.0.0.1:{inside.Url.Port}")).ShouldNotContain("may not be asked");
        inside.Requests.ShouldNotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_publisher_can_where_the_configuration_says_so(string protocol)
    {
        (await PullAsync(publisher, protocol, Url(outside))).ShouldNotContain("may not be asked");
        outside.Requests.ShouldNotBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_redirect_leads_nowhere_else(string protocol)
    {
        answer = http =>
        {
            http.Response.Redirect($"{Url(inside)}{http.Request.Path}");
            return Task.CompletedTask;
        };
        ShouldBeRefused(await PullAsync(publisher, protocol, Url(outside)));
        inside.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_page_that_names_an_image_elsewhere_leads_nowhere_else()
    {
        answer = http =>
        {
            http.Response.Headers["Incus-Image-Hash"] = new string('1', 64);
            http.Response.Headers["Incus-Image-URL"] = $"{Url(inside)}/image";
            return Task.CompletedTask;
        };
        ShouldBeRefused(await PullAsync(publisher, "url", Url(outside)));
        inside.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_token_server_that_a_registry_names_is_not_asked()
    {
        answer = http =>
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.Headers.WWWAuthenticate = $"Bearer realm=\"{Url(inside)}/token\",service=\"x\"";
            return Task.CompletedTask;
        };
        ShouldBeRefused(await PullAsync(publisher, "oci", Url(outside)));
        inside.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{0}/image")]
    [InlineData("//{1}/image")]
    [InlineData("../../image")]
    [InlineData("moved/image")]
    public async Task The_files_that_an_index_names_are_fetched_from_nowhere_else(string path)
    {
        var bytes = SampleImage.Unified();
        var file = string.Format(System.Globalization.CultureInfo.InvariantCulture, path, Url(inside), new Uri(Url(inside)).Authority);
        answer = http => http.Request.Path.Value switch
        {
            "/streams/v1/index.json" => http.Response.WriteAsync("""{"format":"index:1.0","index":{"images":{"datatype":"image-downloads","path":"streams/v1/images.json","products":["a:b:amd64:c"]} } }""", Cancellation),
            "/streams/v1/images.json" => http.Response.WriteAsync($$$$"""
                {"format":"products:1.0","products":{"a:b:amd64:c":{"aliases":"app","arch":"amd64","os":"a","release":"b","variant":"c","versions":{"202501010000":{"items":{
                "i":{"ftype":"incus_combined.tar.gz","path":"{{{{file}}}}","size":{{{{bytes.Length}}}},"sha256":"{{{{Convert.ToHexStringLower(SHA256.HashData(bytes))}}}}"} } } } } } }
                """, Cancellation),
            _ => RedirectAsync(http),
        };
        // Before the name of a file is looked at: only what is on the server itself.
        (await PullAsync(publisher, "simplestreams", Url(outside))).ShouldNotBeEmpty();
        inside.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_publisher_cannot_have_an_image_sent_into_the_servers_own_network()
    {
        var image = await server.Server.Library.AddAsync(new ImageUpload(new("image", new MemoryStream(SampleImage.Unified()))), new(), Cancellation);
        ShouldBeRefused(await RunAsync(publisher, $"/1.0/images/{image.Fingerprint}/export", new() { ["target"] = Url(inside), ["secret"] = "x" }));
        inside.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_image_that_a_publisher_added_is_brought_up_to_date_from_nowhere_else(bool isGuarded)
    {
        var image = await server.Server.Library.AddAsync(
            new ImageUpload(new("image", new MemoryStream(SampleImage.Unified()))),
            new() { AutoUpdate = true, UpdateSource = new("app", Url(inside), "simplestreams", "", "", isGuarded) }, Cancellation);
        // Whoever asks for it: who named the server counts.
        var error = await RunAsync(admin, $"/1.0/images/{image.Fingerprint}/refresh", []);
        if (isGuarded)
            ShouldBeRefused(error);
        inside.Requests.IsEmpty.ShouldBe(isGuarded);
    }

    [Fact]
    public async Task A_stranger_can_name_no_server_at_all()
    {
        using var stranger = server.Client(tls: true);
        using var content = Json(Order("incus", Url(outside)));
        using var response = await stranger.PostAsync(new Uri("/1.0/images", UriKind.Relative), content, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        outside.Requests.ShouldBeEmpty();
    }

    private static string Url(WebServer of) => of.Url.GetLeftPart(UriPartial.Authority);

    private static void ShouldBeRefused(string error) => error.ShouldContain("may not be asked");

    private static Task NotFoundAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    private Task RedirectAsync(HttpContext http)
    {
        http.Response.Redirect($"{Url(inside)}/elsewhere");
        return Task.CompletedTask;
    }

    private static JsonObject Order(string protocol, string url) => protocol == "url"
        ? new() { ["source"] = new JsonObject { ["type"] = "url", ["mode"] = "pull", ["url"] = url } }
        : new() { ["source"] = new JsonObject { ["type"] = "image", ["mode"] = "pull", ["protocol"] = protocol, ["server"] = url, ["alias"] = "app" } };

    private static Task<string> PullAsync(HttpClient client, string protocol, string url) => RunAsync(client, "/1.0/images", Order(protocol, url));

    private static JsonContent Json(JsonObject json) => JsonContent.Create((JsonNode)json, options: System.Text.Json.JsonSerializerOptions.Default);

    /// <summary>The error of the operation, or of the request.</summary>
    private static async Task<string> RunAsync(HttpClient client, string path, JsonObject request)
    {
        using var content = Json(request);
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content, Cancellation);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        if (response.StatusCode is not HttpStatusCode.Accepted)
            return (string)body["error"]!;
        return (string)JsonNode.Parse(await client.GetStringAsync(new Uri($"{body["operation"]}/wait", UriKind.Relative), Cancellation))!["metadata"]!["err"]!;
    }
}
