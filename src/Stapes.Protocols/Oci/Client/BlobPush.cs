using System.Net;
using Stapes.Core;
using Stapes.Core.Images;

namespace Stapes.Protocols.Oci.Client;

/// <summary>Pushes blobs and manifests. Source: OCI distribution-spec 1.1, «Push».</summary>
internal sealed class BlobPush(Registry registry, string repository)
{
    /// <summary>Pushes a blob unless the registry has it.</summary>
    /// <param name="digest">Its digest.</param>
    /// <param name="size">Its bytes.</param>
    /// <param name="open">Opens them.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task PushAsync(Sha256Digest digest, long size, Func<Stream> open, CancellationToken cancellation)
    {
        var name = OciDigest.From(digest);
        using var head = new HttpRequestMessage(HttpMethod.Head, $"/v2/{repository}/blobs/{name}");
        using (var present = await registry.Http.SendAsync(head, cancellation))
        {
            if (present.IsSuccessStatusCode)
                return;
        }

        var place = await BeginAsync(cancellation);
        var separator = place.Query.Length > 0 ? "&" : "?";
        using var put = new HttpRequestMessage(HttpMethod.Put, new Uri($"{place.AbsoluteUri}{separator}digest={Uri.EscapeDataString(name.ToString())}"))
        {
            Content = new StreamContent(open(), 1 << 17),
        };
        put.Content.Headers.ContentLength = size;
        put.Content.Headers.ContentType = new("application/octet-stream");
        using var stored = await registry.Http.SendAsync(put, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await RequireAsync(stored, cancellation);
    }

    /// <param name="reference">A tag, or the digest of the bytes.</param>
    /// <param name="mediaType">The type of the manifest.</param>
    /// <param name="manifest">Its bytes.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task PushManifestAsync(string reference, string mediaType, byte[] manifest, CancellationToken cancellation)
    {
        using var put = new HttpRequestMessage(HttpMethod.Put, $"/v2/{repository}/manifests/{reference}") { Content = new ByteArrayContent(manifest) };
        put.Content.Headers.ContentType = new(mediaType);
        using var stored = await registry.Http.SendAsync(put, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await RequireAsync(stored, cancellation);
    }

    private async Task<Uri> BeginAsync(CancellationToken cancellation)
    {
        using var post = new HttpRequestMessage(HttpMethod.Post, $"/v2/{repository}/blobs/uploads/") { Content = new ByteArrayContent([]) };
        using var begun = await registry.Http.SendAsync(post, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await RequireAsync(begun, cancellation);
        if (begun.StatusCode is not HttpStatusCode.Accepted || begun.Headers.Location is not { } location)
            throw new StapesException(ErrorKind.Unavailable, $"{registry.Url.Authority} does not say where the bytes of a push shall go");
        var place = new Uri(registry.Url, location);
        return place.Scheme == Uri.UriSchemeHttps || place.Scheme == registry.Url.Scheme
            ? place
            : throw new StapesException(ErrorKind.Forbidden, $"{registry.Url.Authority} sends the bytes of a push to {place.Scheme}://{place.Authority}, out of TLS; nothing was sent");
    }

    private static async Task RequireAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (!response.IsSuccessStatusCode)
            throw await RegistryFailure.ReadAsync(response, cancellation);
    }
}
