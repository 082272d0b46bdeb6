using System.Text;
using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Transfers;
using Stapes.Protocols.Incus;
using Stapes.Protocols.Incus.Client;

namespace Stapes.Tests.Protocols.Incus.Client;

public sealed class IncusConnectionTests : IDisposable
{
    private const string Started = """{"type":"async","status":"Operation created","status_code":100,"operation":"/1.0/operations/u1","error_code":0,"error":"","metadata":{"id":"u1","status_code":103}}""";

    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData(400, ErrorKind.Invalid)]
    [InlineData(401, ErrorKind.Forbidden)]
    [InlineData(403, ErrorKind.Forbidden)]
    [InlineData(409, ErrorKind.Conflict)]
    [InlineData(412, ErrorKind.PreconditionFailed)]
    [InlineData(500, ErrorKind.Unavailable)]
    [InlineData(507, ErrorKind.Full)]
    public async Task A_failure_is_told_in_the_words_of_the_server(int code, ErrorKind kind)
    {
        await using var server = await ScriptedServer.StartAsync(directory, code, $$"""{"type":"error","error":"Two\nlines","error_code":{{code}},"metadata":null}""");

        var failure = await Should.ThrowAsync<StapesException>(server.Client.ListAliasesAsync(CancellationToken.None));

        failure.Kind.ShouldBe(kind);
        failure.Message.ShouldBe("Two lines");
    }

    [Theory]
    [InlineData(200, "<html>")]
    [InlineData(502, "<html>")]
    [InlineData(200, "")]
    [InlineData(200, "[]")]
    [InlineData(200, "{}")]
    [InlineData(500, """{"type":"sync","metadata":[]}""")]
    public async Task What_is_no_answer_of_the_api_is_called_that(int status, string body)
    {
        await using var server = await ScriptedServer.StartAsync(directory, status, body);

        var failure = await Should.ThrowAsync<StapesException>(server.Client.ListAliasesAsync(CancellationToken.None));

        failure.Message.ShouldBe($"What listens at {server.Socket} does not speak the Incus API: it answered /1.0/images/aliases with status {status}; name the socket of an image server");
    }

    [Fact]
    public async Task Records_of_another_form_are_called_that()
    {
        await using var server = await ScriptedServer.StartAsync(directory, static http => ScriptedServer.WriteSyncAsync(http, """{"size":"large"}"""));

        (await Should.ThrowAsync<StapesException>(server.Client.GetImageAsync("f", CancellationToken.None)))
            .Message.ShouldStartWith("The server's answer is no ImageRecord of the Incus API: ");
    }

    [Fact]
    public async Task Without_a_server_the_message_says_how_to_start_one()
    {
        using var client = new IncusClient(IncusConnection.ToSocket(directory["unix.socket"]));

        (await Should.ThrowAsync<StapesException>(client.ListAliasesAsync(CancellationToken.None))).Message.ShouldBe(
            $"There is no server at {directory["unix.socket"]}: start it with `stapes serve`, or name its data directory with --data / STAPES_DATA");
    }

    [Fact]
    public async Task A_path_that_no_socket_can_have_is_refused()
    {
        using var client = new IncusClient(IncusConnection.ToSocket(directory[new string('x', 100)]));

        (await Should.ThrowAsync<StapesException>(client.ListAliasesAsync(CancellationToken.None))).Kind.ShouldBe(ErrorKind.Invalid);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_an_expected_failure()
    {
        await using var server = await ScriptedServer.StartAsync(directory, static async http =>
        {
            http.Response.ContentLength = 1000;
            await http.Response.WriteAsync("""{"type":""");
            await http.Response.Body.FlushAsync();
            http.Abort();
        });

        var failure = await Should.ThrowAsync<StapesException>(server.Client.ListAliasesAsync(CancellationToken.None));

        failure.Message.ShouldStartWith($"The connection to {server.Socket} broke: ");
        failure.Message.ShouldNotContain('\n');
    }

    [Fact]
    public async Task An_operation_that_fails_throws_its_error()
    {
        await using var server = await ScriptedServer.StartAsync(directory, static http => http.Request.Method == "DELETE"
            ? ScriptedServer.WriteAsync(http, 202, Started)
            : ScriptedServer.WriteSyncAsync(http, """{"id":"u1","status_code":400,"err":"Image is in use"}"""));

        var failure = await Should.ThrowAsync<StapesException>(server.Client.DeleteImageAsync("f1", CancellationToken.None));

        failure.Message.ShouldBe("Image is in use");
        server.Requests.ShouldBe(["DELETE /1.0/images/f1", "GET /1.0/operations/u1/wait"]);
    }

    [Fact]
    public async Task Whoever_stops_waiting_cancels_the_operation()
    {
        using var stop = new CancellationTokenSource();
        var cancelled = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(directory, async http =>
        {
            if (http.Request.Path.StartsWithSegments("/1.0/images"))
            {
                await ScriptedServer.WriteAsync(http, 202, Started);
            }
            else if (http.Request.Method == "DELETE")
            {
                cancelled.SetResult();
                await ScriptedServer.WriteSyncAsync(http, "{}");
            }
            else
            {
                await stop.CancelAsync();
                await cancelled.Task;
            }
        });

        await Should.ThrowAsync<OperationCanceledException>(server.Client.DeleteImageAsync("f1", stop.Token));

        cancelled.Task.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task The_tag_of_what_was_seen_goes_with_the_update()
    {
        string? condition = null;
        await using var server = await ScriptedServer.StartAsync(directory, http =>
        {
            condition = http.Request.Headers.IfMatch;
            http.Response.Headers.ETag = "0123abc";
            return ScriptedServer.WriteSyncAsync(http, """{"fingerprint":"f1"}""");
        });

        var (_, etag) = await server.Client.GetImageAsync("f1", CancellationToken.None);
        await server.Client.UpdateImageAsync("f1", new ImagePutRecord(), etag, CancellationToken.None);

        etag.ShouldBe("0123abc");
        condition.ShouldBe("0123abc");
    }

    [Fact]
    public async Task A_name_keeps_its_slashes_and_every_other_character()
    {
        await using var server = await ScriptedServer.StartAsync(directory, static http => ScriptedServer.WriteSyncAsync(http, """{"target":"f1"}"""));

        (await server.Client.ResolveAsync("alpine/edge ?#%ü", type: null, CancellationToken.None)).ShouldBe("f1");

        server.Requests.ShouldBe(["GET /1.0/images/aliases/alpine%2Fedge%20%3F%23%25%C3%BC"]);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("")]
    public async Task A_name_that_would_change_the_path_is_never_sent(string name)
    {
        await using var server = await ScriptedServer.StartAsync(directory, 200, "");

        (await Should.ThrowAsync<StapesException>(server.Client.GetImageAsync(name, CancellationToken.None))).Kind.ShouldBe(ErrorKind.NotFound);

        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_server_that_refuses_an_upload_is_heard_before_the_upload_is_sent()
    {
        var path = directory.Write("large.tar", new byte[32 << 20]);
        var sent = 0L;
        await using var server = await ScriptedServer.StartAsync(directory, 409, """{"type":"error","error":"No","error_code":409}""");

        var failure = await Should.ThrowAsync<StapesException>(server.Client.UploadAsync(new(path, Root: null), FileProgress.Sum(n => sent += n), CancellationToken.None));

        failure.Message.ShouldBe("No");
        sent.ShouldBe(0);
    }

    [Fact]
    public async Task A_split_image_is_sent_in_two_parts_of_known_length()
    {
        var metadata = directory.Write("ä \"m\".tar", "metadata"u8);
        var root = directory.Write("disk.img", [(byte)'Q', (byte)'F', (byte)'I', 0xfb, 1, 2]);
        string body = "", properties = "", fileName = "";
        long? length = null;
        await using var server = await ScriptedServer.StartAsync(directory, async http =>
        {
            if (http.Request.Method == "GET")
            {
                await ScriptedServer.WriteSyncAsync(http, """{"id":"u1","status_code":200,"metadata":{"fingerprint":"f1"}}""");
                return;
            }

            length = http.Request.ContentLength;
            properties = http.Request.Headers["X-Incus-properties"].ToString();
            fileName = http.Request.Headers["X-Incus-filename"].ToString();
            using var reader = new StreamReader(http.Request.Body, Encoding.UTF8);
            body = await reader.ReadToEndAsync();
            await ScriptedServer.WriteAsync(http, 202, Started);
        });
        var upload = new UploadRequest(metadata, root) { Properties = new Dictionary<string, string> { ["a b"] = "c&d=é" } };
        var sent = 0L;

        (await server.Client.UploadAsync(upload, FileProgress.Sum(n => sent += n), CancellationToken.None)).ShouldBe("f1");

        properties.ShouldBe("a%20b=c%26d%3D%C3%A9");
        fileName.ShouldBe("ä \"m\".tar");
        body.ShouldContain("Content-Disposition: form-data; name=\"metadata\"; filename=\"ä \\\"m\\\".tar\"");
        body.ShouldContain("Content-Disposition: form-data; name=\"rootfs.img\"; filename=\"disk.img\"");
        length.ShouldNotBeNull();
        sent.ShouldBe(14);
    }
}
