using System.Net;
using System.Net.Http.Headers;
using Stapes.Core;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Shared.Client;

/// <summary>A file on a web server, which is continued with Range where the server can do that (RFC 9110, section 14).</summary>
public static class HttpFile
{
    /// <param name="http">From <see cref="HttpClients"/>: failures are told by it.</param>
    /// <param name="url">The file, also relative to the client's base address.</param>
    public static OpenRemoteFile At(HttpClient http, Uri url) => (offset, validator, cancellation) => OpenAsync(http, url, offset, validator, cancellation);

    private static async Task<RemoteBody> OpenAsync(HttpClient http, Uri url, long offset, string? validator, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.AcceptEncoding.Add(new("identity"));
        if (offset > 0)
        {
            request.Headers.Range = new(offset, null);
            if (validator is not null)
                request.Headers.IfRange = new(new EntityTagHeaderValue(validator));
        }

        return await ReadAsync(await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation), offset, cancellation);
    }

    /// <summary>The body of an answer to a request for the bytes from an offset on. The answer is disposed with it.</summary>
    internal static async Task<RemoteBody> ReadAsync(HttpResponseMessage response, long offset, CancellationToken cancellation)
    {
        try
        {
            return response.StatusCode switch
            {
                HttpStatusCode.OK => await BodyAsync(response, 0, response.Content.Headers.ContentLength, cancellation),
                HttpStatusCode.PartialContent when response.Content.Headers.ContentRange is { From: { } from } range => await BodyAsync(response, from, range.Length, cancellation),
                // Nothing lies behind the offset; how long the file is tells whether that is right.
                HttpStatusCode.RequestedRangeNotSatisfiable when offset > 0 && response.Content.Headers.ContentRange is { Length: { } length } =>
                    new(Stream.Null, response) { Offset = offset, Total = length },
                _ => throw ResponseStatus.Failure(response),
            };
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private static async Task<RemoteBody> BodyAsync(HttpResponseMessage response, long from, long? total, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentEncoding.Any(static c => c != "identity"))
            throw new StapesException(ErrorKind.Invalid, $"{PublicUrl.Of(response.RequestMessage!.RequestUri!)} comes compressed, although nobody asked for that: the server must send files of images as they are");
        return new(await response.Content.ReadAsStreamAsync(cancellation), response)
        {
            Offset = from,
            Total = total,
            // A weak tag may be that of other bytes (RFC 9110, section 8.8.1).
            Validator = response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : null,
        };
    }
}
