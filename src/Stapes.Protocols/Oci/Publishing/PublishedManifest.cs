using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stapes.Core;
using Stapes.Protocols.Oci.Images;

namespace Stapes.Protocols.Oci.Publishing;

/// <summary>What a registry holds under a name, to be offered as images: how its documents and blobs are read.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Tag">The tag.</param>
/// <param name="MediaType">The type of the manifest or index.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="OpenAsync">Opens a blob or another manifest of the repository; throws NotFound when it is not there.</param>
public sealed record PublishedManifest(string Repository, string Tag, string MediaType, byte[] Bytes, Func<OciDescriptor, CancellationToken, ValueTask<Stream>> OpenAsync)
{
    private const int MaxDocument = 4 << 20;
    private const int MaxIndexes = 4;

    public bool IsIndex => OciMediaTypes.IsIndex(MediaType);

    /// <summary>The manifests that it leads to: itself, or those of an index.</summary>
    /// <exception cref="StapesException">Invalid: a document is not what it should be. NotFound: one is missing.</exception>
    public async Task<IReadOnlyList<OciManifest>> ReadManifestsAsync(CancellationToken cancellation)
    {
        var manifests = new List<OciManifest>();
        await AddAsync(MediaType, Bytes, 0);
        return manifests;

        async Task AddAsync(string? mediaType, byte[] bytes, int depth)
        {
            if (OciMediaTypes.IsManifest(mediaType))
                manifests.Add(Parse(bytes, OciJson.Context.OciManifest));
            if (!OciMediaTypes.IsIndex(mediaType) || depth == MaxIndexes)
                return;
            foreach (var entry in Parse(bytes, OciJson.Context.OciIndex).Manifests ?? [])
            {
                // An index may name manifests that nobody pushed: other platforms, or what tools attach to an image.
                if (entry.Platform is { Os: not (null or "" or "linux") } || !(OciMediaTypes.IsManifest(entry.MediaType) || OciMediaTypes.IsIndex(entry.MediaType)))
                    continue;
                if (await TryReadAsync(entry, cancellation) is { } document)
                    await AddAsync(entry.MediaType, document, depth + 1);
            }
        }
    }

    /// <summary>A configuration.</summary>
    /// <exception cref="StapesException">Invalid: it is no such document, or too large.</exception>
    public async Task<T> ReadAsync<T>(OciDescriptor descriptor, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        Parse(await ReadBytesAsync(descriptor, cancellation), type);

    private async Task<byte[]?> TryReadAsync(OciDescriptor descriptor, CancellationToken cancellation)
    {
        try
        {
            return await ReadBytesAsync(descriptor, cancellation);
        }
        catch (StapesException e) when (e.Kind is ErrorKind.NotFound)
        {
            return null;
        }
    }

    private async Task<byte[]> ReadBytesAsync(OciDescriptor descriptor, CancellationToken cancellation)
    {
        await using var stream = await OpenAsync(descriptor, cancellation);
        var buffer = new MemoryStream();
        var block = new byte[1 << 14];
        for (int read; (read = await stream.ReadAsync(block, cancellation)) > 0;)
        {
            buffer.Write(block, 0, read);
            if (buffer.Length > MaxDocument)
                throw RootTree.Invalid($"has a document {descriptor.Digest} of more than {MaxDocument >> 20} MiB");
        }

        return buffer.ToArray();
    }

    private static T Parse<T>(byte[] json, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new StapesException(ErrorKind.Invalid, $"The image has a manifest or a configuration that is not the JSON that it should be: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }
}
