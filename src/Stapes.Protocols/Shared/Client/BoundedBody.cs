using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

/// <summary>Reads the body of an answer that is small, or wrong.</summary>
internal static class BoundedBody
{
    /// <exception cref="StapesException">Unavailable: it is longer, or breaks off.</exception>
    public static async Task<byte[]> ReadAsync(HttpResponseMessage response, int most, CancellationToken cancellation)
    {
        var url = response.RequestMessage?.RequestUri;
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            var buffer = new MemoryStream();
            var block = new byte[1 << 14];
            for (int read; (read = await body.ReadAsync(block, cancellation)) > 0;)
            {
                buffer.Write(block, 0, read);
                if (buffer.Length > most)
                    throw new StapesException(ErrorKind.Unavailable, $"{url} answers with more than {most} bytes, more than what was asked for can be; look whether the URL is right");
            }

            return buffer.ToArray();
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new StapesException(ErrorKind.Unavailable, $"The answer of {url} broke off: {e.Message}; try again", e);
        }
    }
}
