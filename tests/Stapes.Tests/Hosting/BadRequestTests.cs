using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Stapes.Tests.Hosting;

/// <summary>Requests that no client library would send, to a server with all its protocols.</summary>
public class BadRequestTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/images/../../server.key")]
    [InlineData("/images/../server.key")]
    [InlineData("/images/%2e%2e/server.key")]
    [InlineData("/images/..%2fserver.key")]
    [InlineData("/images/..%2f..%2f..%2fetc%2fpasswd")]
    [InlineData("/images/%2e%2e%2fserver.key")]
    [InlineData("/images/server.key")]
    [InlineData("/images/..\\server.key")]
    [InlineData("/images//etc/passwd")]
    [InlineData("/images/%00")]
    [InlineData("/images/\0")]
    [InlineData("/images/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855%00.squashfs")]
    [InlineData("/streams/v1/../../server.key")]
    [InlineData("/streams/v1/..%2f..%2fserver.key")]
    [InlineData("/streams/v1/images.json%00")]
    [InlineData("/1.0/images/..%2f..%2fserver.key")]
    [InlineData("/1.0/images/%00")]
    [InlineData("/1.0/images/%00/export")]
    [InlineData("/1.0/images/../../server.key/export")]
    [InlineData("/1.0/images/aliases/..%2f..%2fserver.key")]
    [InlineData("/1.0/images/aliases/%00")]
    [InlineData("/1.0/images/aliases/a\0b")]
    [InlineData("/1.0/images/aliases/%ff%fe")]
    [InlineData("/%")]
    [InlineData("no-slash")]
    public async Task A_path_that_leads_out_or_holds_a_NUL_is_the_clients_error(string path)
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await AskAsync(server, $"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

        answer.ShouldMatch("^HTTP/1.1 (400|403|404|405) ");
        answer.ShouldNotContain("PRIVATE KEY");
        server.Log.ShouldNotContain("ERROR", Case.Insensitive);
        (await server.Client().GetStringAsync("/healthz", Cancellation)).ShouldBe("ok\n");
    }

    [Theory]
    [InlineData("\0\0\0\0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\nConnection: close\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nConnection: close\r\n\r\n")]
    [InlineData("POST /1.0/images HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\nConnection: close\r\n\r\n")]
    [InlineData("POST /1.0/images HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nxyz")]
    public async Task What_is_no_request_is_refused_and_the_server_goes_on(string request)
    {
        await using var server = await RunningServer.StartAsync();

        (await AskAsync(server, request)).ShouldMatch("^(HTTP/1.1 (400|403) |$)");

        (await server.Client(tls: true).GetStringAsync("/healthz", Cancellation)).ShouldBe("ok\n");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_header_of_a_megabyte_is_answered_431_and_the_server_goes_on(bool tls)
    {
        await using var server = await RunningServer.StartAsync();

        var answer = await AskAsync(server, "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + new string('a', 1 << 20) + "\r\n\r\n", tls);

        answer.ShouldStartWith("HTTP/1.1 431 ");
        (await server.Client(tls).GetStringAsync("/healthz", Cancellation)).ShouldBe("ok\n");
    }

    [Fact]
    public async Task A_header_of_a_megabyte_over_HTTP_2_ends_its_connection_and_no_other()
    {
        await using var server = await RunningServer.StartAsync();
        using var other = server.Client(tls: true, http2: true);
        (await other.GetStringAsync("/healthz", Cancellation)).ShouldBe("ok\n");
        await using var connection = await server.ConnectTlsAsync(SslApplicationProtocol.Http2);

        // RFC 9113, sections 3.4, 6.5, 6.2 and 6.10; RFC 7541, section 6.2.2.
        var sending = SendAsync(connection,
        [
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(type: 4, flags: 0, stream: 0, []),
            .. Frame(type: 1, flags: 1, stream: 1, [0x82, 0x84, 0x87, 0x41, 1, (byte)'x', 0, 1, (byte)'a', 0x7f, 0x81, 0xff, 0x3f, .. new byte[1000]]),
            .. Enumerable.Range(0, 1 << 6).SelectMany(static _ => Frame(type: 9, flags: 0, stream: 1, new byte[16 << 10])),
        ]);
        var answer = await ReadToEndAsync(connection);
        await sending;

        // GOAWAY, section 6.8.
        answer.ShouldContain((byte)7);
        (await other.GetStringAsync("/healthz", Cancellation)).ShouldBe("ok\n");
        (await server.Client(tls: true, http2: true).GetStringAsync("/healthz", Cancellation)).ShouldBe("ok\n");
    }

    private static async Task<string> AskAsync(RunningServer server, string request, bool tls = false)
    {
        await using Stream connection = tls ? await server.ConnectTlsAsync(SslApplicationProtocol.Http11) : await server.ConnectAsync();
        var sending = SendAsync(connection, Encoding.Latin1.GetBytes(request));
        var answer = Encoding.Latin1.GetString(await ReadToEndAsync(connection));
        await sending;
        return answer;
    }

    /// <summary>The server may close before it has read everything.</summary>
    private static async Task SendAsync(Stream connection, byte[] bytes)
    {
        try
        {
            await connection.WriteAsync(bytes, Cancellation);
        }
        catch (IOException e) when (e.InnerException is SocketException)
        {
            // What it answered is there to be read.
        }
    }

    private static async Task<byte[]> ReadToEndAsync(Stream connection)
    {
        using var answer = new MemoryStream();
        var buffer = new byte[4096];
        try
        {
            while (await connection.ReadAsync(buffer, Cancellation) is > 0 and var read)
                answer.Write(buffer, 0, read);
        }
        catch (IOException e) when (e.InnerException is SocketException)
        {
            // Closed with bytes unread.
        }

        return answer.ToArray();
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags);
        payload.CopyTo(frame, 9);
        return frame;
    }
}
