using System.IO.Compression;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Stapes.Protocols.Shared;
using Stapes.Tests.Hosting;

namespace Stapes.Tests.Shared;

public sealed class PrecompressedContentTests : IAsyncLifetime
{
    private static readonly byte[] Document = System.Text.Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 20_000).Select(static i => $"{{\"n\":{i}}},")));

    private RunningServer server = null!;
    private HttpClient client = null!;
    private PrecompressedContent content = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        content = new PrecompressedContent(Document, "application/json");
        server = await RunningServer.StartAsync(routes => routes.MapMethods("/index.json", ["GET", "HEAD"],
            (RequestDelegate)(context => content.SendAsync(context, context.RequestAborted).AsTask())));
        client = server.Client();
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("identity", "")]
    [InlineData("gzip", "gzip")]
    [InlineData("GZIP", "gzip")]
    [InlineData("x-gzip", "gzip")]
    [InlineData("br", "br")]
    [InlineData("zstd", "zstd")]
    [InlineData("gzip, deflate, br, zstd", "br")]
    [InlineData("gzip;q=1.0, br;q=0.5", "gzip")]
    [InlineData("gzip;q=0", "")]
    [InlineData("*", "br")]
    [InlineData("*, br;q=0", "zstd")]
    [InlineData("gzip;q=0.5, identity", "")]
    [InlineData("identity;q=0.5, gzip;q=0.5", "gzip")]
    [InlineData("deflate", "")]
    [InlineData("identity;q=0, compress", "")]
    public async Task The_client_chooses_the_coding(string? accepted, string expected)
    {
        using var response = await SendAsync(HttpMethod.Get, "Accept-Encoding", accepted);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        string.Join(',', response.Content.Headers.ContentEncoding).ShouldBe(expected);
        response.Headers.Vary.ShouldBe(["Accept-Encoding", "Authorization"]);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        response.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"]);
        var body = await response.Content.ReadAsByteArrayAsync(Cancellation);
        response.Content.Headers.ContentLength.ShouldBe(body.Length);
        Decode(body, expected).ShouldBe(Document);
        if (expected.Length > 0)
            body.Length.ShouldBeLessThan(Document.Length / 2);
    }

    [Fact]
    public async Task Each_coding_has_its_own_tag_and_answers_304_to_it()
    {
        using var plain = await SendAsync(HttpMethod.Get);
        using var gzip = await SendAsync(HttpMethod.Get, "Accept-Encoding", "gzip");
        gzip.Headers.ETag.ShouldNotBe(plain.Headers.ETag);

        using var same = await SendAsync(HttpMethod.Get, "Accept-Encoding", "gzip", gzip.Headers.ETag!.ToString());
        using var other = await SendAsync(HttpMethod.Get, "Accept-Encoding", "gzip", plain.Headers.ETag!.ToString());

        same.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        same.Headers.ETag.ShouldBe(gzip.Headers.ETag);
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task HEAD_says_the_same_without_the_body()
    {
        using var get = await SendAsync(HttpMethod.Get, "Accept-Encoding", "gzip");
        using var head = await SendAsync(HttpMethod.Head, "Accept-Encoding", "gzip");

        head.Content.Headers.ContentLength.ShouldBe(get.Content.Headers.ContentLength);
        head.Headers.ETag.ShouldBe(get.Headers.ETag);
    }

    [Theory]
    [InlineData("gzip", "identity")]
    [InlineData("gzip", "br")]
    [InlineData("gzip", "zstd")]
    [InlineData("br", "identity")]
    public async Task What_was_let_go_is_made_again_and_is_the_same(string asked, string next)
    {
        using var before = await SendAsync(HttpMethod.Get, "Accept-Encoding", "identity");
        (await SendAsync(HttpMethod.Get, "Accept-Encoding", asked)).Dispose();
        content.TryShrink().ShouldBe(asked is "gzip");

        using var after = await SendAsync(HttpMethod.Get, "Accept-Encoding", next);
        using var plain = await SendAsync(HttpMethod.Get, "Accept-Encoding", "identity");

        Decode(await after.Content.ReadAsByteArrayAsync(Cancellation), next).ShouldBe(Document);
        plain.Headers.ETag.ShouldBe(before.Headers.ETag);
        (await plain.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(Document);
    }

    private static byte[] Decode(byte[] body, string encoding)
    {
        using var source = new MemoryStream(body);
        using Stream decoded = encoding switch
        {
            "gzip" => new GZipStream(source, CompressionMode.Decompress),
            "br" => new BrotliStream(source, CompressionMode.Decompress),
            "zstd" => new ZstdSharp.DecompressionStream(source),
            _ => source,
        };
        using var result = new MemoryStream();
        decoded.CopyTo(result);
        return result.ToArray();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string header = "X", string? value = null, string? tag = null)
    {
        using var request = new HttpRequestMessage(method, "/index.json");
        if (value is not null)
            request.Headers.TryAddWithoutValidation(header, value);
        if (tag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        return await client.SendAsync(request, Cancellation);
    }
}
