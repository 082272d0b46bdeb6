using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stapes.Tests.Protocols.Oci.Server;

/// <summary>Source: OCI distribution-spec 1.1, «Pushing blobs».</summary>
public sealed class UploadTests : RegistryTest
{
    private static readonly byte[] Content = MakeContent(3 << 20);

    [Fact]
    public async Task A_blob_is_pushed_with_post_and_put()
    {
        var location = await BeginAsync();

        using var response = await FinishAsync(location, Sha256(Content), Content);
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        response.Headers.Location!.OriginalString.ShouldBe($"/v2/{Name}/blobs/{Sha256(Content)}");
        await ShouldHaveAsync(Sha256(Content), Content);
        Files("tmp").ShouldBeEmpty();
        await ShouldFailAsync(SendAsync("GET", location), HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task A_blob_is_pushed_with_one_post_by_either_digest(string algorithm)
    {
        foreach (var content in (byte[][])[[], Content])
        {
            var digest = algorithm is "sha256" ? Sha256(content) : Sha512(content);
            using var response = await SendAsync("POST", $"/v2/{Name}/blobs/uploads/?digest={digest}", Bytes(content));
            response.StatusCode.ShouldBe(HttpStatusCode.Created);
            Header(response, "Docker-Content-Digest").ShouldBe(digest);
            await ShouldHaveAsync(digest, content);
        }
    }

    [Fact]
    public async Task A_blob_is_pushed_in_chunks()
    {
        var location = await BeginAsync();
        foreach (var (start, end) in ((int, int)[])[(0, 1_000_000), (1_000_000, 1_000_001), (1_000_001, 3_000_000)])
        {
            using var chunk = await AppendAsync(location, start, Content[start..end]);
            chunk.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            Header(chunk, "Range").ShouldBe($"0-{end - 1}");
            location = chunk.Headers.Location!.OriginalString;
        }

        using var response = await FinishAsync(location, Sha256(Content), Content[3_000_000..], $"3000000-{Content.Length - 1}");
        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        await ShouldHaveAsync(Sha256(Content), Content);
    }

    [Fact]
    public async Task A_chunk_out_of_order_is_refused_and_the_state_is_told()
    {
        var location = await BeginAsync();
        await ShouldFailAsync(AppendAsync(location, 1, "x"u8.ToArray()), HttpStatusCode.RequestedRangeNotSatisfiable, "BLOB_UPLOAD_INVALID");
        (await AppendAsync(location, 0, "abc"u8.ToArray())).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        using var wrong = await AppendAsync(location, 0, "abc"u8.ToArray());
        wrong.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
        Header(wrong, "Range").ShouldBe("0-2");
        using var last = await FinishAsync(location, Sha256("abcd"u8), "d"u8.ToArray(), "7-7");
        last.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
        using var state = await SendAsync("GET", location);
        state.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Header(state, "Range").ShouldBe("0-2");
        (await FinishAsync(location, Sha256("abcd"u8), "d"u8.ToArray(), "3-3")).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("0-5", 2)]
    [InlineData("5-3", 2)]
    [InlineData("-5", 2)]
    [InlineData("a-b", 2)]
    [InlineData("0-99999999999999999999", 2)]
    [InlineData("0-9223372036854775807", 2)]
    public async Task A_range_that_is_not_that_of_the_chunk_is_refused(string range, int length)
    {
        var location = await BeginAsync();

        using var response = await SendAsync("PATCH", location, Bytes(new byte[length]), headers: ("Content-Range", range));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        using var state = await SendAsync("GET", location);
        Header(state, "Range").ShouldBe("0-0");
        Files("tmp").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stream_longer_than_its_range_leaves_nothing()
    {
        var location = await BeginAsync();
        using var stream = new StreamContent(new NoLengthStream(Content));
        using var response = await SendAsync("PATCH", location, stream, headers: [("Content-Range", "0-9"), ("Transfer-Encoding", "chunked")]);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        (await FinishAsync(location, Sha256(Content), Content)).StatusCode.ShouldBe(HttpStatusCode.Created);
        await ShouldHaveAsync(Sha256(Content), Content);
    }

    [Fact]
    public async Task An_upload_goes_on_after_a_restart_and_is_hashed_as_a_whole()
    {
        var (location, other) = (await BeginAsync(), await BeginAsync());
        (await AppendAsync(location, 0, Content[..2_000_000])).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        await RestartAsync();

        using var state = await SendAsync("GET", location);
        Header(state, "Range").ShouldBe("0-1999999");
        (await FinishAsync(location, Sha256(Content), Content[2_000_000..])).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await FinishAsync(other, Sha256("x"u8), "x"u8.ToArray())).StatusCode.ShouldBe(HttpStatusCode.Created);
        await ShouldHaveAsync(Sha256(Content), Content);
    }

    [Fact]
    public async Task Chunks_can_be_finished_by_sha512_whether_it_was_announced_or_not()
    {
        foreach (var query in (string[])["", "?digest-algorithm=sha512"])
        {
            var location = await BeginAsync(query);
            using var chunk = await AppendAsync(location, 0, Content[..1_000]);
            (await FinishAsync(chunk.Headers.Location!.OriginalString, Sha512(Content), Content[1_000..])).StatusCode.ShouldBe(HttpStatusCode.Created);
            await ShouldHaveAsync(Sha512(Content), Content);
        }

        await ShouldFailAsync(
            SendAsync("POST", $"/v2/{Name}/blobs/uploads/?digest-algorithm=md5", Bytes([])), HttpStatusCode.BadRequest, "DIGEST_INVALID");
    }

    [Fact]
    public async Task Bytes_of_another_digest_leave_nothing()
    {
        var location = await BeginAsync();
        await ShouldFailAsync(FinishAsync(location, Sha256("y"u8), Content), HttpStatusCode.BadRequest, "DIGEST_INVALID");
        await ShouldFailAsync(FinishAsync(location, Sha256(Content), Content), HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
        await ShouldFailAsync(
            SendAsync("POST", $"/v2/{Name}/blobs/uploads/?digest={Sha512("y"u8)}", Bytes(Content)), HttpStatusCode.BadRequest, "DIGEST_INVALID");
        await ShouldFailAsync(
            SendAsync("POST", $"/v2/{Name}/blobs/uploads/?digest=md5:12", Bytes(Content)), HttpStatusCode.BadRequest, "DIGEST_INVALID");
        await ShouldFailAsync(FinishAsync(await BeginAsync(), "", []), HttpStatusCode.BadRequest, "DIGEST_INVALID");

        Files("tmp").ShouldBeEmpty();
        Files("blobs").ShouldBeEmpty();
    }

    [Fact]
    public async Task What_arrived_before_the_client_broke_off_is_kept()
    {
        var location = await BeginAsync();
        using (var socket = new TcpClient())
        {
            await socket.ConnectAsync(IPAddress.Loopback, Address.Port, Cancellation);
            var stream = socket.GetStream();
            var head = $"PATCH {location} HTTP/1.1\r\nHost: x\r\nAuthorization: {await BasicAsync("publisher")}\r\nContent-Length: {Content.Length}\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head), Cancellation);
            await stream.WriteAsync(Content.AsMemory(0, 2_500_000), Cancellation);
            while (await EndAsync(location) < 2_000_000)
            {
                // The server has not come to it yet.
            }

            socket.Client.Shutdown(SocketShutdown.Send);
            await EndOfAsync(stream);
        }

        // Who sees the break before the server does is told so, and where to go on.
        HttpResponseMessage response;
        do
        {
            var end = await EndAsync(location);
            end.ShouldBeInRange(2_000_000, 2_499_999);
            response = await FinishAsync(location, Sha256(Content), Content[(end + 1)..], $"{end + 1}-{Content.Length - 1}");
        }
        while (response.StatusCode is HttpStatusCode.RequestedRangeNotSatisfiable);

        response.StatusCode.ShouldBe(HttpStatusCode.Created);
        await ShouldHaveAsync(Sha256(Content), Content);
    }

    [Fact]
    public async Task A_new_request_takes_over_from_one_that_hangs()
    {
        var location = await BeginAsync();
        using var hanging = new TcpClient();
        await hanging.ConnectAsync(IPAddress.Loopback, Address.Port, Cancellation);
        var head = $"PATCH {location} HTTP/1.1\r\nHost: x\r\nAuthorization: {await BasicAsync("publisher")}\r\nContent-Length: {Content.Length}\r\n\r\nabc";
        await hanging.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), Cancellation);

        // Whether the first has begun or not: it neither blocks the second nor mixes with it.
        var length = 0;
        while (length == 0)
        {
            using var chunk = await SendAsync("PATCH", location, Bytes("d"u8.ToArray()));
            // None where the one that hangs came just after this one, and took over itself.
            var end = int.Parse((Header(chunk, "Range") ?? "0-0").Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);
            length = end >= 3 ? end + 1 : 0;
        }

        (await SendAsync("DELETE", location)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Files("tmp").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_blob_is_mounted_from_a_repository_that_the_caller_may_pull_from()
    {
        var digest = await PushBlobAsync(Content, "public/source");
        var (named, anonymous) = ($"/v2/other/blobs/uploads/?mount={digest}&from=public/source", $"/v2/another/blobs/uploads/?mount={digest}");
        foreach (var path in (string[])[named, anonymous])
        {
            using var response = await SendAsync("POST", path, Bytes([]));
            response.StatusCode.ShouldBe(HttpStatusCode.Created);
            var blob = response.Headers.Location!.OriginalString;
            (await (await SendAsync("GET", blob)).Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(Content);
        }

        Files("blobs").Length.ShouldBe(1);
        using var unknown = await SendAsync("POST", $"/v2/other/blobs/uploads/?mount={Sha256("x"u8)}&from=public/source", Bytes([]));
        unknown.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        unknown.Headers.Location.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_blob_is_not_mounted_from_where_the_caller_may_not_pull()
    {
        var digest = await PushBlobAsync(Content, "secret");
        foreach (var query in (string[])[$"?mount={digest}&from=secret", $"?mount={digest}"])
        {
            using var response = await SendAsync("POST", $"/v2/lab/app/blobs/uploads/{query}", Bytes([]), "publisher-lab");
            response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }
    }

    [Fact]
    public async Task An_upload_belongs_to_its_repository()
    {
        var location = await BeginAsync();

        await ShouldFailAsync(SendAsync("GET", location.Replace(Name, "other", StringComparison.Ordinal)), HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/blobs/uploads/nonsense"), HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
        await ShouldFailAsync(SendAsync("GET", $"/v2/{Name}/blobs/uploads/{Guid.NewGuid()}"), HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
    }

    [Fact]
    public async Task Who_begins_too_many_uploads_loses_the_oldest()
    {
        var first = await BeginAsync();
        (await AppendAsync(first, 0, Content)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var second = await BeginAsync();
        for (var i = 0; i < 255; i++)
            await BeginAsync();

        await ShouldFailAsync(SendAsync("GET", first), HttpStatusCode.NotFound, "BLOB_UPLOAD_UNKNOWN");
        (await SendAsync("GET", second)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Files("tmp").ShouldBeEmpty();
    }

    /// <summary>The last byte that the upload has.</summary>
    private async Task<int> EndAsync(string location)
    {
        using var state = await SendAsync("GET", location);
        return int.Parse(Header(state, "Range")!.Split('-')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The server answers, closes or resets the connection when it has dealt with what came.</summary>
    private static async Task EndOfAsync(NetworkStream stream)
    {
        try
        {
            while (await stream.ReadAsync(new byte[4096], Cancellation) > 0)
            {
            }
        }
        catch (IOException)
        {
            // A reset is an end too.
        }
    }

    private async Task<string> BeginAsync(string query = "")
    {
        using var response = await SendAsync("POST", $"/v2/{Name}/blobs/uploads/{query}", Bytes([]));
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        return response.Headers.Location!.OriginalString;
    }

    private Task<HttpResponseMessage> AppendAsync(string location, int start, byte[] chunk) =>
        SendAsync("PATCH", location, Bytes(chunk), headers: ("Content-Range", $"{start}-{start + chunk.Length - 1}"));

    private Task<HttpResponseMessage> FinishAsync(string location, string digest, byte[] rest, string? range = null)
    {
        var path = $"{location}{(location.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={digest}";
        return range is null ? SendAsync("PUT", path, Bytes(rest)) : SendAsync("PUT", path, Bytes(rest), headers: ("Content-Range", range));
    }

    private async Task ShouldHaveAsync(string digest, byte[] content)
    {
        using var response = await SendAsync("GET", $"/v2/{Name}/blobs/{digest}");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).AsSpan().SequenceEqual(content).ShouldBeTrue();
    }

    private static byte[] MakeContent(int length)
    {
        var content = new byte[length];
        new Random(1).NextBytes(content);
        return content;
    }

    private sealed class NoLengthStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
