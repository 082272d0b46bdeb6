using System.Net.Security;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
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

    private static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/document/{size}", (RequestDelegate)(context => new PrecompressedContent(
            Document.AsMemory(0, int.Parse((string)context.GetRouteValue("size")!, null)), "application/json").SendAsync(context, context.RequestAborted).AsTask()));
}
