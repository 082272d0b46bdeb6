using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Stapes.Core.Images;
using Stapes.Protocols.Shared;
using Stapes.Tests.Hosting;

namespace Stapes.Tests.Shared;

public sealed class BlobResponseTests : IAsyncLifetime
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 1_000_000).Select(static i => (byte)(i * 31 >> 3))];
    private static readonly Sha256Digest Digest = Sha256Digest.FromBytes(SHA256.HashData(Content));
    private static readonly string Tag = $"\"{Digest.Hex}\"";

    private readonly TemporaryDirectory directory = new();
    private RunningServer server = null!;
    private HttpClient client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var path = directory.Write("blob", Content);
        var empty = directory.Write("empty", []);
        server = await RunningServer.StartAsync(routes =>
        {
            Map("/blob", () => new(new FileBlob(path), Digest));
            Map("/elsewhere", () => new(new MemoryBlob(Content), Digest));
            Map("/private", () => new(new FileBlob(path), Digest) { IsPrivate = true, FileName = "image.tar.xz" });
            Map("/empty", () => new(new FileBlob(empty), Sha256Digest.FromBytes(SHA256.HashData([]))));
            Map("/truncated", () => new(new MemoryBlob(Content, Content.Length + 1), Digest));

            void Map(string at, Func<BlobContent> open) => routes.MapMethods(at, ["GET", "HEAD"], (RequestDelegate)(async context =>
            {
                var content = open();
                await using var blob = content.Blob;
                await BlobResponse.SendAsync(context, content, context.RequestAborted);
            }));
        });
        client = server.Client();
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
        directory.Dispose();
    }

    [Theory]
    [InlineData("/blob", false, false)]
    [InlineData("/blob", true, false)]
    [InlineData("/blob", true, true)]
    [InlineData("/elsewhere", true, true)]
    public async Task The_whole_is_the_bytes_with_everything_that_caches_want_to_know(string path, bool tls, bool http2)
    {
        using var other = server.Client(tls, http2);

        using var response = await other.GetAsync(path, Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(Content);
        response.Content.Headers.ContentLength.ShouldBe(Content.Length);
        response.Content.Headers.ContentEncoding.ShouldBeEmpty();
        response.Headers.ETag!.ToString().ShouldBe(Tag);
        response.Headers.AcceptRanges.ShouldBe(["bytes"]);
        response.Headers.CacheControl!.ToString().ShouldBe("public, max-age=31536000, immutable");
        response.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"]);
        response.Headers.Contains("Server").ShouldBeFalse();
    }

    [Fact]
    public async Task A_blob_is_never_compressed_whatever_the_client_accepts()
    {
        using var response = await SendAsync("/blob", "Accept-Encoding: gzip, br");

        response.Content.Headers.ContentEncoding.ShouldBeEmpty();
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(Content);
    }

    [Fact]
    public async Task HEAD_says_the_same_without_the_bytes()
    {
        using var response = await client.SendAsync(new(HttpMethod.Head, "/blob"), Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength.ShouldBe(Content.Length);
        response.Headers.ETag!.ToString().ShouldBe(Tag);
    }

    [Fact]
    public async Task HEAD_knows_no_ranges()
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, "/blob") { Headers = { Range = new(0, 9) } };
        using var response = await client.SendAsync(request, Cancellation);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength.ShouldBe(Content.Length);
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=10-19", 10, 10)]
    [InlineData("bytes=999999-", 999_999, 1)]
    [InlineData("bytes=500000-99999999999999999999", 500_000, 500_000)]
    [InlineData("bytes=-7", 999_993, 7)]
    [InlineData("bytes=-2000000", 0, 1_000_000)]
    [InlineData("Bytes= 5-6 , 1000000-", 5, 2)]
    public async Task A_range_is_answered_with_that_part(string range, int start, int length)
    {
        using var response = await SendAsync("/blob", $"Range: {range}");

        response.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        response.Content.Headers.ContentRange!.ToString().ShouldBe($"bytes {start}-{start + length - 1}/1000000");
        response.Content.Headers.ContentLength.ShouldBe(length);
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBe(Content[start..(start + length)]);
    }

    [Theory]
    [InlineData("bytes=1000000-")]
    [InlineData("bytes=2000000-3000000")]
    [InlineData("bytes=-0")]
    public async Task A_range_beyond_the_end_cannot_be_satisfied(string range)
    {
        using var response = await SendAsync("/blob", $"Range: {range}");

        response.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
        response.Content.Headers.ContentRange!.ToString().ShouldBe("bytes */1000000");
        (await response.Content.ReadAsByteArrayAsync(Cancellation)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("bytes=5-4")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=")]
    [InlineData("bytes=-")]
    [InlineData("bytes=1-2-3")]
    [InlineData("lines=1-2")]
    [InlineData("bytes=0-999999,0-999999")]
    public async Task A_range_that_makes_no_sense_is_answered_with_the_whole(string range)
    {
        using var response = await SendAsync("/blob", $"Range: {range}");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength.ShouldBe(Content.Length);
    }

    [Fact]
    public async Task Several_ranges_come_as_parts_in_the_order_asked_for()
    {
        using var response = await SendAsync("/blob", "Range: bytes=900000-900004,0-2");

        response.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("multipart/byteranges");
        var boundary = response.Content.Headers.ContentType.Parameters.Single(static p => p.Name == "boundary").Value;
        var body = await response.Content.ReadAsByteArrayAsync(Cancellation);
        response.Content.Headers.ContentLength.ShouldBe(body.Length);
        byte[] expected =
        [
            .. Ascii($"--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 900000-900004/1000000\r\n\r\n"),
            .. Content[900_000..900_005],
            .. Ascii($"\r\n--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes 0-2/1000000\r\n\r\n"),
            .. Content[..3],
            .. Ascii($"\r\n--{boundary}--\r\n"),
        ];
        body.ShouldBe(expected);
    }

    [Fact]
    public async Task More_ranges_than_anybody_needs_are_answered_with_the_whole()
    {
        using var response = await SendAsync("/blob", "Range: bytes=" + string.Join(',', Enumerable.Range(0, 100).Select(static i => $"{i * 2}-{i * 2}")));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("TAG")]
    [InlineData("\"other\", W/TAG")]
    public async Task Who_has_the_bytes_gets_304(string tags)
    {
        using var response = await SendAsync("/blob", $"If-None-Match: {tags.Replace("TAG", Tag, StringComparison.Ordinal)}");

        response.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        response.Headers.ETag!.ToString().ShouldBe(Tag);
    }

    [Fact]
    public async Task Who_has_other_bytes_gets_these()
    {
        using var response = await SendAsync("/blob", "If-None-Match: \"other\"");

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Who_wants_other_bytes_gets_412()
    {
        using var response = await SendAsync("/blob", "If-Match: \"other\"");

        response.StatusCode.ShouldBe(HttpStatusCode.PreconditionFailed);
    }

    [Theory]
    [InlineData("TAG", HttpStatusCode.PartialContent)]
    [InlineData("\"other\"", HttpStatusCode.OK)]
    [InlineData("W/TAG", HttpStatusCode.OK)]
    [InlineData("Tue, 24 Nov 2026 00:00:00 GMT", HttpStatusCode.OK)]
    public async Task A_download_resumes_only_if_the_bytes_are_the_same(string condition, HttpStatusCode expected)
    {
        using var response = await SendAsync("/blob", "Range: bytes=10-", $"If-Range: {condition.Replace("TAG", Tag, StringComparison.Ordinal)}");

        response.StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task A_private_blob_is_for_one_cache_only()
    {
        using var response = await SendAsync("/private");

        response.Headers.CacheControl!.Private.ShouldBeTrue();
        response.Headers.Vary.ShouldBe(["Authorization"]);
        response.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        response.Content.Headers.ContentDisposition!.ToString().ShouldBe("attachment; filename=\"image.tar.xz\"");
    }

    [Fact]
    public async Task An_empty_blob_has_no_part()
    {
        using var whole = await SendAsync("/empty");
        using var part = await SendAsync("/empty", "Range: bytes=0-");

        whole.StatusCode.ShouldBe(HttpStatusCode.OK);
        whole.Content.Headers.ContentLength.ShouldBe(0);
        part.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
    }

    [Fact]
    public async Task A_blob_that_ends_too_early_breaks_the_connection_instead_of_looking_whole()
    {
        await Should.ThrowAsync<HttpRequestException>(async () => await client.GetByteArrayAsync("/truncated", Cancellation));

        server.Log.ShouldContain("GET /truncated failed");
        (await client.GetByteArrayAsync("/blob", Cancellation)).ShouldBe(Content);
    }

    private static byte[] Ascii(string text) => System.Text.Encoding.ASCII.GetBytes(text);

    private async Task<HttpResponseMessage> SendAsync(string path, params string[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var header in headers)
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 2)..]).ShouldBeTrue();
        }

        return await client.SendAsync(request, Cancellation);
    }
}
