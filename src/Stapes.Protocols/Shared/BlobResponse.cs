using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Stapes.Protocols.Shared;

/// <summary>
/// Serves immutable bytes (RFC 9110): GET and HEAD, a strong ETag, If-Match, If-None-Match, If-Range, one or several ranges.
/// The bytes never get a Content-Encoding: clients compare their hash with the index.
/// </summary>
public static class BlobResponse
{
    /// <summary>The <c>Vary</c> of what is not for everybody.</summary>
    internal static readonly StringValues ByCaller = "Authorization";

    private static readonly StringValues AcceptRanges = "bytes";
    private static readonly StringValues AnyOrigin = "*";
    private static readonly StringValues PublicCaching = "public, max-age=31536000, immutable";
    private static readonly StringValues PrivateCaching = "private, max-age=31536000, immutable";

    /// <summary>Answers a GET or HEAD request. Completes when the body is written; memory is constant whatever the length.</summary>
    /// <exception cref="EndOfStreamException">The file is shorter than the content says. The caller breaks the connection.</exception>
    public static Task SendAsync(HttpContext context, BlobContent content, CancellationToken cancellation)
    {
        var (request, response) = (context.Request, context.Response);
        var tag = $"\"{content.Digest.Hex}\"";
        response.Headers.ETag = tag;
        response.Headers.CacheControl = content.IsPrivate ? PrivateCaching : PublicCaching;
        response.Headers.AcceptRanges = AcceptRanges;
        if (content.IsPrivate)
            response.Headers.Vary = ByCaller;
        else
            response.Headers.AccessControlAllowOrigin = AnyOrigin;
        if (content.FileName is { } name)
            response.Headers.ContentDisposition = $"attachment; filename=\"{name}\"";

        // The order of RFC 9110, section 13.2.2.
        if (request.Headers.IfMatch is { Count: > 0 } match && !EntityTags.MatchesStrongly(match.ToString(), tag))
            return WithoutBody(response, StatusCodes.Status412PreconditionFailed);
        if (request.Headers.IfNoneMatch is { Count: > 0 } noneMatch && EntityTags.MatchesWeakly(noneMatch.ToString(), tag))
            return WithoutBody(response, StatusCodes.Status304NotModified);

        var (kind, parts) = HttpMethods.IsGet(request.Method) && IsSameEntity(request, tag)
            ? RangeHeader.Parse(request.Headers.Range, content.Length)
            : (RangeKind.Whole, []);
        if (kind == RangeKind.Unsatisfiable)
        {
            response.Headers.ContentRange = $"bytes */{content.Length}";
            return WithoutBody(response, StatusCodes.Status416RangeNotSatisfiable);
        }

        return parts switch
        {
            [] => SendPartAsync(context, content, new(0, content.Length), StatusCodes.Status200OK, cancellation),
            [var part] => SendPartAsync(context, content, part, StatusCodes.Status206PartialContent, cancellation),
            _ => MultipartRanges.SendAsync(context, content, parts, cancellation),
        };
    }

    /// <summary>If-Range: the range counts only for the same bytes. A date cannot be compared: blobs have no Last-Modified.</summary>
    private static bool IsSameEntity(HttpRequest request, string tag) =>
        request.Headers.IfRange is not { Count: > 0 } ifRange || ifRange.ToString() == tag;

    private static Task WithoutBody(HttpResponse response, int status)
    {
        response.StatusCode = status;
        response.Headers.Remove(HeaderNames.ContentDisposition);
        if (status != StatusCodes.Status304NotModified)
        {
            response.Headers.Remove(HeaderNames.CacheControl);
            response.ContentLength = 0;
        }

        return Task.CompletedTask;
    }

    private static Task SendPartAsync(HttpContext context, BlobContent content, ByteRange part, int status, CancellationToken cancellation)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = content.ContentType;
        response.ContentLength = part.Length;
        if (status == StatusCodes.Status206PartialContent)
            response.Headers.ContentRange = part.ContentRange(content.Length);
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : BlobBody.WriteAsync(context, content.Blob, part.Start, part.Length, cancellation);
    }
}
