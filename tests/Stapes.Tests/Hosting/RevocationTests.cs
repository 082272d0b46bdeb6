using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Tests.Images;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Hosting;

/// <summary>What goes on for somebody ends when their rights do.</summary>
public sealed class RevocationTests : IAsyncLifetime
{
    private RunningServer server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private AccessControl Access => server.Server.Access;

    public async ValueTask InitializeAsync() => server = await RunningServer.StartAsync();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Theory]
    [InlineData("removed")]
    [InlineData("demoted")]
    public async Task The_events_of_a_certificate_end(string how)
    {
        using var certificate = TestCertificate.Create("laptop");
        var identity = await Access.TrustAsync(certificate);
        using var client = server.WithCertificate(certificate);
        using var socket = await ListenAsync(client);
        await Access.TokenAsync("somebody else", Role.Viewer);
        socket.State.ShouldBe(WebSocketState.Open);
        await RevokeAsync(identity, how);
        await ShouldCloseAsync(socket);
    }

    [Theory]
    [InlineData("removed")]
    [InlineData("demoted")]
    public async Task The_events_of_a_token_end(string how)
    {
        using var client = server.WithToken(await Access.TokenAsync("ci", Role.Publisher));
        using var socket = await ListenAsync(client);
        await RevokeAsync(Access.State.Of(IdentityKind.Token).Single(), how);
        await ShouldCloseAsync(socket);
    }

    [Fact]
    public async Task Nothing_is_told_after_a_token_has_expired()
    {
        var (_, secret) = await Access.AddTokenAsync(new("ci", Role.Publisher, null, DateTimeOffset.UtcNow.AddSeconds(2)), Cancellation);
        using var client = server.WithToken(secret);
        using var socket = await ListenAsync(client);
        while (Access.FindToken(secret) is not null)
            await Task.Delay(20, Cancellation);
        await AddImageAsync();
        using var local = server.LocalClient();
        await local.PostAsync(new Uri($"/1.0/images/{(await server.Server.Library.GetSnapshotAsync(Cancellation)).Images[0].Fingerprint}/secret", UriKind.Relative), null, Cancellation);
        await ShouldCloseAsync(socket);
    }

    [Fact]
    public async Task Running_operations_are_cancelled()
    {
        await using var stalled = await WebServer.StartAsync(static http => Task.Delay(Timeout.Infinite, http.RequestAborted));
        using var certificate = TestCertificate.Create("laptop");
        var identity = await Access.TrustAsync(certificate);
        using var client = server.WithCertificate(certificate);
        using var local = server.LocalClient();
        var (own, others) = (await PullAsync(client, stalled), await PullAsync(local, stalled));
        await Access.RemoveAsync(identity.Key, Cancellation);
        var ended = JsonNode.Parse(await local.GetStringAsync(new Uri($"{own}/wait", UriKind.Relative), Cancellation))!["metadata"]!;
        ((string?)ended["status"]).ShouldBe("Cancelled");
        ((string?)JsonNode.Parse(await local.GetStringAsync(new Uri(others, UriKind.Relative), Cancellation))!["metadata"]!["status"]).ShouldBe("Running");
    }

    [Fact]
    public async Task Secrets_that_were_given_away_open_nothing()
    {
        var image = await AddImageAsync();
        using var client = server.WithToken(await Access.TokenAsync("ci", Role.Viewer));
        using var made = await client.PostAsync(new Uri($"/1.0/images/{image.Fingerprint}/secret", UriKind.Relative), null, Cancellation);
        var secret = (string)JsonNode.Parse(await made.Content.ReadAsStringAsync(Cancellation))!["metadata"]!["metadata"]!["secret"]!;
        await Access.RemoveAsync(Access.State.Of(IdentityKind.Token).Single().Key, Cancellation);
        using var stranger = server.Client(tls: true);
        using var response = await stranger.GetAsync(new Uri($"/1.0/images/{image.Fingerprint}?secret={secret}", UriKind.Relative), Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_upload_that_began_before_does_not_come_in()
    {
        using var client = server.WithToken(await Access.TokenAsync("ci", Role.Publisher));
        var (bytes, reached, gone) = (SampleImage.Unified(), new TaskCompletionSource(), new TaskCompletionSource());
        using var content = new PausingContent(bytes, reached, gone.Task);
        var upload = client.PostAsync(new Uri("/1.0/images", UriKind.Relative), content, Cancellation);
        await reached.Task.WaitAsync(Cancellation);
        await Access.RemoveAsync(Access.State.Of(IdentityKind.Token).Single().Key, Cancellation);
        gone.SetResult();
        using var response = await upload;
        // The request may also have been looked at after the token was gone.
        response.StatusCode.ShouldBeOneOf(HttpStatusCode.Forbidden, HttpStatusCode.Unauthorized);
        (await server.Server.Library.GetSnapshotAsync(Cancellation)).Images.ShouldBeEmpty();
    }

    private Task RevokeAsync(Identity identity, string how) => how == "removed"
        ? Access.RemoveAsync(identity.Key, Cancellation)
        : Access.UpdateAsync(identity.Key, static i => i with { Restricted = true, Projects = ["default"], Role = Role.Viewer }, Cancellation);

    private async Task<ClientWebSocket> ListenAsync(HttpClient client)
    {
        var socket = new ClientWebSocket();
        if (client.DefaultRequestHeaders.Authorization is { } authorization)
            socket.Options.SetRequestHeader("Authorization", authorization.ToString());
        await socket.ConnectAsync(new UriBuilder(server.Https) { Scheme = "wss", Path = "/1.0/events" }.Uri, client, Cancellation);
        return socket;
    }

    private static async Task ShouldCloseAsync(ClientWebSocket socket) =>
        (await socket.ReceiveAsync(new byte[4096].AsMemory(), Cancellation)).MessageType.ShouldBe(WebSocketMessageType.Close);

    private Task<Image> AddImageAsync() =>
        server.Server.Library.AddAsync(new ImageUpload(new("image", new MemoryStream(SampleImage.Unified()))), new(), Cancellation);

    private static async Task<string> PullAsync(HttpClient client, WebServer from)
    {
        using var content = JsonContent.Create((JsonNode)new JsonObject
        {
            ["source"] = new JsonObject { ["type"] = "image", ["mode"] = "pull", ["protocol"] = "simplestreams", ["server"] = from.Url.ToString(), ["alias"] = "app" },
        }, options: System.Text.Json.JsonSerializerOptions.Default);
        using var response = await client.PostAsync(new Uri("/1.0/images", UriKind.Relative), content, Cancellation);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["operation"]!;
    }

    /// <summary>Sends half of the bytes, and the rest when it is told to.</summary>
    private sealed class PausingContent(byte[] bytes, TaskCompletionSource reached, Task go) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(bytes.AsMemory(0, bytes.Length / 2), Cancellation);
            await stream.FlushAsync(Cancellation);
            reached.SetResult();
            await go;
            await stream.WriteAsync(bytes.AsMemory(bytes.Length / 2), Cancellation);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
