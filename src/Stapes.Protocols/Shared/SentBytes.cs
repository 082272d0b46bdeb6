using Microsoft.AspNetCore.Http;

namespace Stapes.Protocols.Shared;

/// <summary>
/// How many bytes of a response's body went out, for the log and the metrics. Whoever sends a body in pieces counts here;
/// a response that nobody counted went out whole, with its Content-Length. A feature of the request.
/// </summary>
public sealed class SentBytes
{
    private long count = -1;

    public void Add(long bytes) => count = Math.Max(count, 0) + bytes;

    /// <summary>The bytes of the body so far, or of the whole response once it is complete.</summary>
    public long Of(HttpContext context)
    {
        if (count >= 0)
            return count;
        return HttpMethods.IsHead(context.Request.Method) ? 0 : context.Response.ContentLength ?? 0;
    }
}
