using System.Security.Cryptography;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Stapes.Core;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Protocols.Incus.Client;

/// <summary>
/// The files of an image, fetched and checked against its fingerprint, under temporary names: one of a unified image; metadata, then
/// root, of a split one. What is not moved to a name is deleted with this. Source: Incus documentation, «REST API», «image_export_get».
/// </summary>
public sealed class ImageDownload : IDisposable
{
    private const int ChunkSize = 1 << 20;
    private const int MultipartBuffer = 128 << 10;

    private readonly List<DownloadedFile> files = [];

    public IReadOnlyList<DownloadedFile> Files => files;

    public void Dispose()
    {
        foreach (var file in files)
            file.Content.Dispose();
    }

    /// <exception cref="StapesException">Unavailable: the bytes are not those of the image, or no image at all.</exception>
    internal static async Task<ImageDownload> ReadAsync(
        HttpResponseMessage response, string fingerprint, string directory, Action<long>? progress, CancellationToken cancellation)
    {
        var download = new ImageDownload();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(cancellation);
            var type = response.Content.Headers.ContentType;
            if (type?.MediaType == "multipart/form-data")
                await download.ReadPartsAsync(new MultipartReader(Boundary(type), body, MultipartBuffer), directory, hash, progress, cancellation);
            else
                await download.TakeAsync(body, response.Content.Headers.ContentDisposition?.FileName, directory, hash, progress, cancellation);

            var isOci = response.Headers.TryGetValues("X-Incus-Type", out var source) && source.Contains("oci", StringComparer.Ordinal);
            var digest = Convert.ToHexStringLower(hash.GetHashAndReset());
            // The fingerprint of an OCI image is that of its layers.
            if (!isOci && digest != fingerprint)
                throw new StapesException(ErrorKind.Unavailable, $"The server sent other bytes than those of the image {fingerprint}: their fingerprint is {digest}; nothing was kept, try again");
            return download;
        }
        catch
        {
            download.Dispose();
            throw;
        }
    }

    private async Task ReadPartsAsync(MultipartReader reader, string directory, IncrementalHash hash, Action<long>? progress, CancellationToken cancellation)
    {
        foreach (var expected in (string[][])[["metadata"], ["rootfs", "rootfs.img"]])
        {
            var part = await WellFormedAsync(reader.ReadNextSectionAsync(cancellation)) ?? throw NotAnImage("a part is missing");
            if (part.GetContentDispositionHeader() is not { } header || !expected.Contains(HeaderUtilities.RemoveQuotes(header.Name).Value))
                throw NotAnImage($"it has no part \"{expected[0]}\" in its place");
            await TakeAsync(part.Body, header.FileName.Value, directory, hash, progress, cancellation);
        }

        if (await WellFormedAsync(reader.ReadNextSectionAsync(cancellation)) is not null)
            throw NotAnImage("it has more than two parts");
    }

    // A chunk is written while it is hashed.
    private async Task TakeAsync(Stream source, string? name, string directory, IncrementalHash hash, Action<long>? progress, CancellationToken cancellation)
    {
        var file = StagedFile.Create(directory);
        files.Add(new(file, SafeName(name)));
        var chunk = new byte[ChunkSize];
        while (await WellFormedAsync(source.ReadAtLeastAsync(chunk, ChunkSize, throwOnEndOfStream: false, cancellation).AsTask()) is > 0 and var length)
        {
            var writing = Task.Run(() => file.Content.Write(chunk, 0, length), cancellation);
            hash.AppendData(chunk.AsSpan(0, length));
            await writing;
            progress?.Invoke(length);
        }
    }

    // What the reader of parts throws where they make no sense or end too early. A connection that breaks is another failure.
    private static async Task<T> WellFormedAsync<T>(Task<T> reading)
    {
        try
        {
            return await reading;
        }
        catch (Exception e) when (e is InvalidDataException or (IOException and not HttpIOException) && e.InnerException is null)
        {
            throw NotAnImage(e.Message.TrimEnd('.', ' '));
        }
    }

    private static string Boundary(System.Net.Http.Headers.MediaTypeHeaderValue type) =>
        HeaderUtilities.RemoveQuotes(type.Parameters.FirstOrDefault(static p => p.Name == "boundary")?.Value).Value is { Length: > 0 } boundary
            ? boundary
            : throw NotAnImage("it names no boundary");

    // The server must not choose where a file goes.
    private static string? SafeName(string? quoted) =>
        Path.GetFileName(HeaderUtilities.UnescapeAsQuotedString(quoted).Value) is { Length: > 0 } name && name is not ("." or "..") && !name.Contains('\0', StringComparison.Ordinal) ? name : null;

    private static StapesException NotAnImage(string why) =>
        new(ErrorKind.Unavailable, $"The server sent no image: {why}; nothing was kept, look at the server's log");
}

/// <summary>One file of an image.</summary>
/// <param name="Content">The bytes, under a temporary name.</param>
/// <param name="Name">What the server calls it, without directories; null when it does not say.</param>
public sealed record DownloadedFile(StagedFile Content, string? Name);
