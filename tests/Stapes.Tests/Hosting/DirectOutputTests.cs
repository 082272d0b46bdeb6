using System.Net.Security;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stapes.Core.Storage.FileSystem;
using Stapes.Protocols.Shared;

namespace Stapes.Tests.Hosting;

public class DirectOutputTests
{
    private static readonly byte[] Document = [.. Enumerable.Range(0, 1_000_003).Select(static i => (byte)(i * 7 >> 3))];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Answers_of_every_size_arrive_whole_one_after_the_other(bool tls, bool http2)
    {
        await using var server = await RunningServer.StartAsync(Map);
        using var client = server.Client(tls, http2);

        foreach (var size in new[] { 0, 1, 16_000, 16_384, 32_768, 65_536, 65_537, 131_072, 1_000_003, 5 })
            (await client.GetByteArrayAsync($"/document/{size}", Cancellation)).ShouldBe(Document[..size]);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Many_at_once_get_what_they_asked_for(bool tls, bool http2)
    {
        await using var server = await RunningServer.StartAsync(Map);
        using var client = server.Client(tls, http2);

        await Parallel.ForEachAsync(Enumerable.Range(0, 200), Cancellation, async (i, cancellation) =>
            (await client.GetByteArrayAsync($"/document/{i * 5000}", cancellation)).ShouldBe(Document[..(i * 5000)]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_that_were_sent_together_are_answered_in_their_order(bool tls)
    {
        await using var server = await RunningServer.StartAsync(Map);
        await using Stream connection = tls ? await server.ConnectTlsAsync(SslApplicationProtocol.Http11) : await server.ConnectAsync();

        await connection.WriteAsync(Encoding.ASCII.GetBytes(
            "GET /document/100000 HTTP/1.1\r\nHost: x\r\n\r\nGET /document/3 HTTP/1.1\r\nHost: x\r\n\r\nGET /document/200000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            Cancellation);
        using var answer = new MemoryStream();
        await connection.CopyToAsync(answer, Cancellation);

        var rest = answer.ToArray().AsSpan();
        foreach (var size in new[] { 100_000, 3, 200_000 })
        {
            rest = rest[(rest.IndexOf("\r\n\r\n"u8) + 4)..];
            rest[..size].SequenceEqual(Document.AsSpan(0, size)).ShouldBeTrue();
            rest = rest[size..];
        }

        rest.Length.ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_goes_away_in_the_middle_is_no_error_and_ends_its_request(bool tls)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await RunningServer.StartAsync(routes => routes.MapGet("/endless", (RequestDelegate)(async context =>
        {
            try
            {
                while (!(await context.Response.BodyWriter.WriteAsync(Document, context.RequestAborted)).IsCompleted)
                    context.RequestAborted.ThrowIfCancellationRequested();
            }
            finally
            {
                ended.SetResult();
            }
        })));
        await using (Stream connection = tls ? await server.ConnectTlsAsync(SslApplicationProtocol.Http11) : await server.ConnectAsync())
        {
            await connection.WriteAsync("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Cancellation);
            await connection.ReadExactlyAsync(new byte[100_000], Cancellation);
        }

        await ended.Task.WaitAsync(Cancellation);
        (await server.Client(tls).GetAsync("/healthz", Cancellation)).EnsureSuccessStatusCode();
        await server.StopAsync();
        server.Log.ShouldNotContain(" error ", Case.Insensitive);
    }

    [Theory]
    [InlineData(false, "127.0.0.1")]
    [InlineData(false, "127.0.0.2")]
    [InlineData(true, "127.0.0.1")]
    public async Task A_part_of_a_file_arrives_at_the_speed_of_the_client_and_the_next_answer_follows(bool tls, string from)
    {
        using var directory = new TemporaryDirectory();
        var content = Enumerable.Range(0, 12).SelectMany(static _ => Document).ToArray();
        var path = directory.Write("file", content);
        await using var server = await RunningServer.StartAsync(routes => MapFile(routes, path, content.Length - 7));
        await using Stream connection = tls ? await server.ConnectTlsAsync(SslApplicationProtocol.Http11) : await server.ConnectAsync(from);

        await connection.WriteAsync("GET /file HTTP/1.1\r\nHost: x\r\n\r\nGET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray(), Cancellation);
        using var answer = new MemoryStream();
        await connection.CopyToAsync(answer, Cancellation);

        var rest = answer.ToArray().AsSpan();
        for (var i = 0; i < 2; i++)
        {
            rest = rest[(rest.IndexOf("\r\n\r\n"u8) + 4)..];
            rest[..(content.Length - 7)].SequenceEqual(content.AsSpan(7)).ShouldBeTrue();
            rest = rest[(content.Length - 7)..];
        }

        rest.Length.ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_file_that_ends_too_soon_is_an_error_and_the_server_goes_on(bool tls)
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("file", Document);
        await using var server = await RunningServer.StartAsync(routes => MapFile(routes, path, Document.Length));
        using var client = server.Client(tls);

        await Should.ThrowAsync<HttpRequestException>(() => client.GetByteArrayAsync("/file", Cancellation));
        (await client.GetAsync("/healthz", Cancellation)).EnsureSuccessStatusCode();
    }

    private static void MapFile(IEndpointRouteBuilder routes, string path, int length) => routes.MapGet("/file", (RequestDelegate)(async context =>
    {
        await using var blob = FileBlob.TryOpen(path)!;
        context.Response.ContentLength = length;
        await BlobBody.WriteAsync(context, blob, 7, length, context.RequestAborted);
    }));

    private static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/document/{size}", (RequestDelegate)(context => new PrecompressedContent(
            Document.AsMemory(0, int.Parse((string)context.GetRouteValue("size")!, null)), "application/json").SendAsync(context, context.RequestAborted).AsTask()));
}
