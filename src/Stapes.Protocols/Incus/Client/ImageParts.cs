using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Storage.FileSystem;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Incus.Client;

/// <summary>The files in one answer of an export, hashed one by one and as the image that they make.</summary>
/// <param name="response">The answer.</param>
/// <param name="fingerprint">What the image must hash to; null where the bytes do not tell.</param>
/// <param name="options">Where to, and how.</param>
internal sealed class ImageParts(HttpResponseMessage response, string? fingerprint, FetchOptions options)
{
    private const int ChunkSize = 1 << 20;
    private const int MultipartBuffer = 128 << 10;

    private readonly List<FetchedImageFile> files = [];
    private readonly List<StagedFile> staged = [];
    private readonly List<Action> takeBack = [];

    /// <param name="size">Of all files, in bytes, for those who watch; 0 when nobody knows.</param>
    /// <param name="cancellation">Ends it; then nothing stays.</param>
    public async Task<FetchedFiles> ReadAsync(long size, CancellationToken cancellation)
    {
        using var all = new Sha256Hasher();
        try
        {
            var body = await response.Content.ReadAsStreamAsync(cancellation);
            var type = response.Content.Headers.ContentType;
            if (type?.MediaType == "multipart/form-data")
                await ReadPartsAsync(new MultipartReader(Boundary(type), body, MultipartBuffer), size, all, cancellation);
            else
                await TakeAsync(body, response.Content.Headers.ContentDisposition?.FileName, ("image", response.Content.Headers.ContentLength), all, cancellation);

            if (all.Finish() is var found && fingerprint is not null && found.Hex != fingerprint)
                throw new StapesException(ErrorKind.Unavailable, $"The server sent other bytes than those of the image {fingerprint}: their fingerprint is {found}; nothing was kept, try again");
            return new(files[0], files.ElementAtOrDefault(1));
        }
        catch
        {
            foreach (var part in takeBack)
                part();
            foreach (var file in staged)
                file.Dispose();
            throw;
        }
    }

    private async Task ReadPartsAsync(MultipartReader reader, long size, Sha256Hasher all, CancellationToken cancellation)
    {
        foreach (var expected in (string[][])[["metadata"], ["rootfs", "rootfs.img"]])
        {
            var part = await WellFormedAsync(reader.ReadNextSectionAsync(cancellation)) ?? throw NotAnImage("a part is missing");
            if (part.GetContentDispositionHeader() is not { } header || !expected.Contains(HeaderUtilities.RemoveQuotes(header.Name).Value))
                throw NotAnImage($"it has no part \"{expected[0]}\" in its place");
            // No part says how long it is.
            var line = files is [var metadata] ? ("rootfs", size > metadata.Size ? size - metadata.Size : null) : ("metadata", (long?)null);
            await TakeAsync(part.Body, header.FileName.Value, line, all, cancellation);
        }

        if (await WellFormedAsync(reader.ReadNextSectionAsync(cancellation)) is not null)
            throw NotAnImage("it has more than two parts");
    }

    // A chunk is written while it is hashed, and the two hashes go side by side.
    private async Task TakeAsync(Stream source, string? name, (string Part, long? Size) line, Sha256Hasher all, CancellationToken cancellation)
    {
        using var progress = options.Watch.Begin(line.Part, line.Size);
        long passed = 0;
        takeBack.Add(() => progress.Add(-passed));
        var file = StagedFile.Create(options.Directory);
        staged.Add(file);
        using var own = new Sha256Hasher();
        var chunk = new byte[ChunkSize];
        while (await WellFormedAsync(source.ReadAtLeastAsync(chunk, ChunkSize, throwOnEndOfStream: false, cancellation).AsTask()) is > 0 and var length)
        {
            var hashing = Task.Run(() => own.Append(chunk.AsSpan(0, length)), cancellation);
            var writing = Task.Run(() => file.Content.Write(chunk, 0, length), cancellation);
            all.Append(chunk.AsSpan(0, length));
            await Task.WhenAll(hashing, writing);
            passed += length;
            progress.Add(length);
        }

        files.Add(new(ImageDownload.SafeName(name), file, own.Finish(), file.Content.Length));
    }

    // What the reader of parts throws where they make no sense or end too early. A connection that breaks is another failure.
    private static async Task<T> WellFormedAsync<T>(Task<T> reading)
    {
        try
        {
            return await reading;
        }
        catch (Exception e) when (e is InvalidDataException or IOException && e.InnerException is null)
        {
            throw NotAnImage(e.Message.TrimEnd('.', ' '));
        }
    }

    private static string Boundary(System.Net.Http.Headers.MediaTypeHeaderValue type) =>
        HeaderUtilities.RemoveQuotes(type.Parameters.FirstOrDefault(static p => p.Name == "boundary")?.Value).Value is { Length: > 0 } boundary
            ? boundary
            : throw NotAnImage("it names no boundary");

    private static StapesException NotAnImage(string why) =>
        new(ErrorKind.Unavailable, $"The server sent no image: {why}; nothing was kept, look at the server's log");
}
