using System.Text;
using Microsoft.AspNetCore.Http;

namespace Stapes.Protocols.Shared;

/// <summary>Several parts of a file in one response: multipart/byteranges (RFC 9110, section 14.6).</summary>
internal static class MultipartRanges
{
    public static async Task SendAsync(
        HttpContext context, BlobContent content, IReadOnlyList<ByteRange> parts, CancellationToken cancellation)
    {
        // The digest begins with 128 bits that the file cannot be made to hold on purpose.
        var boundary = content.Digest.Hex[..32];
        var heads = parts.Select((part, i) => Encoding.ASCII.GetBytes(
            $"{(i == 0 ? "" : "\r\n")}--{boundary}\r\nContent-Type: {content.ContentType}\r\nContent-Range: {part.ContentRange(content.Length)}\r\n\r\n"))
            .ToList();
        var tail = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");

        var response = context.Response;
        response.StatusCode = StatusCodes.Status206PartialContent;
        response.ContentType = $"multipart/byteranges; boundary={boundary}";
        response.ContentLength = heads.Sum(h => h.Length) + parts.Sum(p => p.Length) + tail.Length;
        var sent = context.Features.Get<SentBytes>();
        foreach (var (head, part) in heads.Zip(parts))
        {
            await response.BodyWriter.WriteAsync(head, cancellation);
            sent?.Add(head.Length);
            await BlobBody.WriteAsync(context, content.Blob, part.Start, part.Length, cancellation);
        }

        await response.BodyWriter.WriteAsync(tail, cancellation);
        sent?.Add(tail.Length);
    }
}
