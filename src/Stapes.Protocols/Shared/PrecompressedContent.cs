using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Stapes.Protocols.Shared;

/// <summary>
/// A document that stays the same for many requests, such as the index of one generation of the store. It exists as it is and, made
/// when first asked for and kept, as gzip, Brotli and Zstandard. Safe for use by many requests at once.
/// </summary>
public sealed class PrecompressedContent
{
    private static readonly StringValues AnyOrigin = "*";

    // What a stranger gets is no answer for somebody who shows a credential, nor the other way round (RFC 9111, section 4.1).
    private static readonly StringValues VaryBy = "Accept-Encoding, Authorization";

    private readonly Task<Variant>?[] variants = new Task<Variant>?[AcceptEncoding.Codings];
    private readonly string hash;
    private readonly StringValues type;
    private readonly StringValues caching;
    private readonly bool isPublic;

    /// <param name="content">The document. It must not change afterwards.</param>
    /// <param name="contentType">Its media type.</param>
    /// <param name="cacheControl">How long caches may serve it without asking.</param>
    public PrecompressedContent(Memory<byte> content, string contentType, string cacheControl = "public, max-age=60")
    {
        hash = HashOf(content.Span);
        type = contentType;
        caching = cacheControl;
        isPublic = cacheControl.StartsWith("public", StringComparison.Ordinal);
        variants[(int)ContentCoding.Identity] = Task.FromResult(Plain(content));
    }

    /// <summary>Whether it is this document.</summary>
    public bool Is(ReadOnlySpan<byte> document) => HashOf(document) == hash;

    /// <summary>Keeps only gzip, which all clients of Incus ask for and the other forms can be made of.</summary>
    /// <returns>Whether that was there; without it, everything is kept.</returns>
    public bool TryShrink()
    {
        lock (variants)
        {
            if (variants[(int)ContentCoding.Gzip] is not { IsCompletedSuccessfully: true } gzip)
                return false;
            variants.AsSpan().Clear();
            variants[(int)ContentCoding.Gzip] = gzip;
            return true;
        }
    }

    /// <summary>Answers a GET or HEAD request in the coding that the client prefers, or with 304 when it has that already.</summary>
    public ValueTask SendAsync(HttpContext context, CancellationToken cancellation)
    {
        var variant = Get(AcceptEncoding.Choose(context.Request.Headers.AcceptEncoding));
        return variant.IsCompletedSuccessfully ? SendAsync(context, variant.Result, cancellation) : AwaitAndSend();

        async ValueTask AwaitAndSend() => await SendAsync(context, await variant.WaitAsync(cancellation), cancellation);
    }

    private ValueTask SendAsync(HttpContext context, Variant variant, CancellationToken cancellation)
    {
        var (request, response) = (context.Request, context.Response);
        var headers = response.Headers;
        headers.ETag = variant.Tag;
        headers.CacheControl = caching;
        headers.Vary = VaryBy;
        if (isPublic)
            headers.AccessControlAllowOrigin = AnyOrigin;
        if (request.Headers.IfNoneMatch is { Count: > 0 } tags && EntityTags.MatchesWeakly(tags.ToString(), variant.Tag.ToString()))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return ValueTask.CompletedTask;
        }

        headers.ContentType = type;
        headers.ContentEncoding = variant.Encoding;
        headers.ContentLength = variant.Body.Bytes.Length;
        if (HttpMethods.IsHead(request.Method))
            return ValueTask.CompletedTask;
        return variant.Body.SendAsync(context, cancellation);
    }

    // Made once, on one thread; the requests that come meanwhile wait without a thread.
    private Task<Variant> Get(ContentCoding coding)
    {
        ref var variant = ref variants[(int)coding];
        if (Volatile.Read(ref variant) is { } ready)
            return ready;
        lock (variants)
        {
            // One of these two is always there.
            if (variant is null && coding is ContentCoding.Identity)
                return variant = Task.Run(async () => Plain(Inflate((await variants[(int)ContentCoding.Gzip]!).Body.Bytes)));
            var plain = Get(ContentCoding.Identity);
            return variant ??= Task.Run(async () => Make(coding, (await plain).Body.Bytes));
        }
    }

    private Variant Plain(Memory<byte> content) => new($"\"{hash}\"", StringValues.Empty, new(content));

    private Variant Make(ContentCoding coding, ReadOnlyMemory<byte> content)
    {
        var name = coding switch
        {
            ContentCoding.Gzip => "gzip",
            ContentCoding.Brotli => "br",
            _ => "zstd",
        };
        return new($"\"{hash}-{name}\"", name, new(Compress(coding, content)));
    }

    // An index is mostly digests, which nothing compresses: beyond these levels it takes longer and gets hardly smaller, or even larger.
    private static byte[] Compress(ContentCoding coding, ReadOnlyMemory<byte> content)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = coding switch
        {
            ContentCoding.Gzip => new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            ContentCoding.Brotli => new BrotliStream(compressed, new BrotliCompressionOptions { Quality = 4 }, leaveOpen: true),
            _ => new ZstdSharp.CompressionStream(compressed, level: 1, leaveOpen: true),
        })
        {
            stream.Write(content.Span);
        }

        return compressed.ToArray();
    }

    private static byte[] Inflate(ReadOnlyMemory<byte> compressed)
    {
        using var plain = new MemoryStream();
        using var stream = new GZipStream(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
        stream.CopyTo(plain);
        return plain.ToArray();
    }

    private static string HashOf(ReadOnlySpan<byte> document) => Convert.ToHexStringLower(SHA256.HashData(document).AsSpan(0, 16));

    private sealed record Variant(StringValues Tag, StringValues Encoding, ReadyBody Body);
}
