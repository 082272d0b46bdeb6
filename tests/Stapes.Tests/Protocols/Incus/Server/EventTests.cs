using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Stapes.Tests.Images;

namespace Stapes.Tests.Protocols.Incus.Server;

public class EventTests : IncusServerTest
{
    [Fact]
    public async Task A_listener_hears_each_state_of_an_operation_in_order()
    {
        using var socket = await ListenAsync("?type=operation");
        var done = await UploadAsync(new ByteArrayContent(SampleImage.Unified()));
        var statuses = new List<string>();
        JsonNode heard;
        do
        {
            heard = await ReadAsync(socket);
            ((string?)heard["type"]).ShouldBe("operation");
            ((string?)heard["project"]).ShouldBe("default");
            statuses.Add((string)heard["metadata"]!["status"]!);
        }
        while ((int)heard["metadata"]!["status_code"]! < 200);
        statuses.ShouldBe(["Pending", "Running", "Running", "Success"]);
        heard["metadata"]!.ToJsonString().ShouldBe(done.ToJsonString());
    }

    [Fact]
    public async Task A_listener_hears_what_happens_to_images()
    {
        using var socket = await ListenAsync("?type=lifecycle&all-projects=true");
        var fingerprint = (string)(await UploadAsync(new ByteArrayContent(SampleImage.Unified()), ("X-Incus-aliases", "name")))["metadata"]!["fingerprint"]!;
        await StatusAsync(Trusted, "PATCH", $"/1.0/images/{fingerprint}", "{}");
        await StatusAsync(Trusted, "POST", "/1.0/images/aliases/name", """{"name":"other"}""");
        await RunAsync("DELETE", $"/1.0/images/{fingerprint}");
        foreach (var action in (string[])["image-created", "image-alias-created", "image-updated", "image-alias-renamed", "image-deleted"])
            ((string?)(await ReadAsync(socket))["metadata"]!["action"]).ShouldBe(action);
    }

    [Fact]
    public async Task A_listener_hears_nothing_of_other_projects()
    {
        using var other = await ListenAsync("?project=other");
        using var socket = await ListenAsync("");
        await RunAsync("POST", $"/1.0/images/{await AddAsync()}/refresh");
        await ReadAsync(socket);
        var silence = other.ReceiveAsync(new byte[16].AsMemory(), Cancellation);
        silence.IsCompleted.ShouldBeFalse();
    }

    [Theory]
    [InlineData("?type=unknown")]
    [InlineData("?project=x&all-projects=true")]
    public async Task A_request_that_makes_no_sense_is_refused_before_the_upgrade(string query)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        using var client = SocketInvoker();
        await Should.ThrowAsync<WebSocketException>(() => socket.ConnectAsync(new($"ws://stapes/1.0/events{query}"), client, Cancellation));
        socket.HttpStatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_listener_that_leaves_is_let_go()
    {
        var socket = await ListenAsync("");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
        socket.State.ShouldBe(WebSocketState.Closed);
        socket.Dispose();
        using (await ListenAsync(""))
        {
            // Gone without a word.
        }

        ((string?)(await UploadAsync(new ByteArrayContent(SampleImage.Unified())))["status"]).ShouldBe("Success");
    }

    [Fact]
    public async Task A_server_that_stops_says_goodbye()
    {
        using var socket = await ListenAsync("");
        var stopping = StopAsync();
        (await socket.ReceiveAsync(new byte[16].AsMemory(), Cancellation)).MessageType.ShouldBe(WebSocketMessageType.Close);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);
        await stopping;
    }

    private async Task<ClientWebSocket> ListenAsync(string query)
    {
        var socket = new ClientWebSocket();
        using var client = SocketInvoker();
        await socket.ConnectAsync(new($"ws://stapes/1.0/events{query}"), client, Cancellation);
        return socket;
    }

    private HttpMessageInvoker SocketInvoker() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellation);
            return new NetworkStream(connection, ownsSocket: true);
        },
    });

    private static async Task<JsonNode> ReadAsync(ClientWebSocket socket)
    {
        var message = new MemoryStream();
        var buffer = new byte[4096];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer.AsMemory(), Cancellation);
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!;
    }
}
