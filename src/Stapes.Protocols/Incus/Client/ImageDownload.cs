using Microsoft.Net.Http.Headers;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Incus.Client;

/// <summary>
/// Fetches the files of an image and checks them against its fingerprint: one of a unified image, which is continued with Range after a
/// break; metadata, then root, of a split one, which no server continues, so that it comes again from its start.
/// Source: Incus documentation, «REST API», «image_export_get».
/// </summary>
internal sealed class ImageDownload(IncusConnection connection, Uri url, ImageRecord image, FetchOptions options)
{
    private HttpResponseMessage? first;

    /// <exception cref="StapesException">Unavailable: the bytes are not those of the image, or no image at all.</exception>
    public async Task<FetchedFiles> RunAsync(CancellationToken cancellation)
    {
        for (var failures = 0; ; failures++)
        {
            try
            {
                return await FetchAsync(cancellation);
            }
            catch (BrokenConnectionException) when (failures + 1 < options.Retry.Attempts)
            {
                await Task.Delay(options.Retry.DelayAfter(failures + 1), cancellation);
            }
            finally
            {
                first?.Dispose();
            }
        }
    }

    private async Task<FetchedFiles> FetchAsync(CancellationToken cancellation)
    {
        first = await connection.DownloadAsync(url, cancellation);
        // The fingerprint of an OCI image is that of its layers.
        var isOci = first.Headers.TryGetValues("X-Incus-Type", out var source) && source.Contains("oci", StringComparer.Ordinal);
        if (isOci || first.Content.Headers.ContentType?.MediaType == "multipart/form-data" || !Sha256Digest.TryParse(image.Fingerprint, out var fingerprint))
            return await new ImageParts(first, isOci ? null : image.Fingerprint, options).ReadAsync(image.Size, cancellation);

        var name = SafeName(first.Content.Headers.ContentDisposition?.FileName);
        var size = first.Content.Headers.ContentLength;
        var file = new RemoteFile($"the image {image.Fingerprint[..12]}", fingerprint, size, OpenAsync);
        using var progress = options.Watch.Begin("image", size);
        var fetched = await FileTransfer.FetchAsync(file, options.Directory, before: null, options.Retry, progress.Add, cancellation);
        return new(new(name, fetched.Content, fetched.Digest, fetched.Size), null);
    }

    private Task<RemoteBody> OpenAsync(long offset, string? validator, CancellationToken cancellation)
    {
        if (Interlocked.Exchange(ref first, null) is { } response)
        {
            if (offset == 0)
                return HttpFile.ReadAsync(response, offset, cancellation);
            response.Dispose();
        }

        return connection.File(url)(offset, validator, cancellation);
    }

    /// <summary>The name of a file without its directory; empty where that is none. The server must not choose where a file goes.</summary>
    public static string SafeName(string? quoted) =>
        Path.GetFileName(HeaderUtilities.UnescapeAsQuotedString(quoted).Value) is { Length: > 0 } name && name is not ("." or "..") && !name.Contains('\0', StringComparison.Ordinal) ? name : "";
}
