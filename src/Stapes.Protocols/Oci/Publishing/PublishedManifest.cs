using System.Runtime.CompilerServices;
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

    /// <summary>An image has one for each architecture, and what tools attach to those.</summary>
    private const int MaxManifests = 1000;

    public bool IsIndex => OciMediaTypes.IsIndex(MediaType);

    /// <summary>The manifests that it leads to: itself, or those of an index, each once.</summary>
    /// <exception cref="StapesException">Invalid: a document is not what it should be, or there are too many. NotFound: one is missing.</exception>
    public async IAsyncEnumerable<OciManifest> ReadManifestsAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        if (!IsIndex)
        {
            if (OciMediaTypes.IsManifest(MediaType))
                yield return Parse(Bytes, OciJson.Context.OciManifest);
            yield break;
        }

        // An index that names another one many times, which does the same, would lead to more manifests than there is time for.
        var known = new HashSet<string>(StringComparer.Ordinal);
        var rest = new Stack<(OciDescriptor Entry, int Depth)>();
        Push(Bytes, depth: 1);
        while (rest.TryPop(out var next))
        {
            if (!known.Add(next.Entry.Digest ?? "") || await TryReadAsync(next.Entry, cancellation) is not { } document)
                continue;
            if (known.Count > MaxManifests)
                throw RootTree.Invalid($"is an index of more than {MaxManifests} manifests");
            if (OciMediaTypes.IsManifest(next.Entry.MediaType))
                yield return Parse(document, OciJson.Context.OciManifest);
            else if (next.Depth < MaxIndexes)
                Push(document, next.Depth + 1);
        }

        void Push(byte[] index, int depth)
        {
            foreach (var entry in (Parse(index, OciJson.Context.OciIndex).Manifests ?? []).Reverse())
            {
                // An index may name manifests that nobody pushed: other platforms, or what tools attach to an image.
                if (entry.Platform is not { Os: not (null or "" or "linux") } && (OciMediaTypes.IsManifest(entry.MediaType) || OciMediaTypes.IsIndex(entry.MediaType)))
                    rest.Push((entry, depth));
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
