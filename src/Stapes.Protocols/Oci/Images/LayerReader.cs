using Stapes.Core;
using Stapes.Core.Compression;
using Stapes.Core.Images;
using Stapes.Core.Repositories;

namespace Stapes.Protocols.Oci.Images;

/// <summary>Reads the entries of one layer. When it is checked, its bytes must have both of its digests.</summary>
internal sealed class LayerReader : IAsyncDisposable
{
    private const int HeaderSize = 512;

    /// <summary>So much may come of few bytes always.</summary>
    private const long Allowance = 64 << 20;

    private readonly ImageLayer layer;
    private readonly ConversionLimits limits;
    private readonly long bytesBefore;
    private readonly ContentHash? digest;
    private readonly ContentHash? diffId;
    private readonly CountedStream stored;
    private CountedStream? content;
    private TarWalker? walker;

    private LayerReader(ImageLayer layer, Stream stream, ConversionLimits limits, bool check, long bytesBefore)
    {
        (this.layer, this.limits, this.bytesBefore) = (layer, limits, bytesBefore);
        digest = check ? ContentHash.For(layer.Digest.ToString()) : null;
        diffId = check ? ContentHash.For(layer.DiffId.ToString()) : null;
        stored = new(stream, digest is null ? null : bytes => digest.Append(bytes.Span));
    }

    /// <summary>The bytes of the tarball that were read.</summary>
    public long BytesRead => content?.BytesRead ?? 0;

    /// <param name="layer">The layer.</param>
    /// <param name="limits">What it may ask for.</param>
    /// <param name="check">Whether its digests are looked at.</param>
    /// <param name="bytesBefore">How many bytes the layers before it had.</param>
    /// <param name="cancellation">Ends the opening.</param>
    public static async Task<LayerReader> OpenAsync(ImageLayer layer, ConversionLimits limits, bool check, long bytesBefore, CancellationToken cancellation)
    {
        var reader = new LayerReader(layer, await layer.OpenAsync(cancellation), limits, check, bytesBefore);
        try
        {
            var header = await reader.stored.PeekAsync(HeaderSize, cancellation);
            reader.content = new(Decompressor.Open(Format(header.Span), reader.stored, leaveOpen: true), reader.Pass);
            reader.walker = new(reader.content);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>The next entry, or null at the end; then the rest of the layer has been read, and its digests are right.</summary>
    /// <exception cref="StapesException">Invalid: the layer is damaged, a bomb, or not the one that the manifest names.</exception>
    public Task<TarMember?> NextAsync(CancellationToken cancellation) => GuardAsync(async () =>
    {
        if (await walker!.NextAsync(cancellation) is { } entry)
            return entry;
        await content!.CopyToAsync(Stream.Null, 1 << 17, cancellation);
        await stored.CopyToAsync(Stream.Null, 1 << 17, cancellation);
        if (digest?.Matches(layer.Digest.ToString()) is false)
            throw Unusable("its bytes do not have that digest");
        if (diffId?.Matches(layer.DiffId.ToString()) is false)
            throw Unusable($"its tarball does not have the diff_id {layer.DiffId} of the configuration");
        return null;
    });

    /// <summary>Writes what the file of the current entry holds.</summary>
    public Task CopyDataAsync(Stream target, CancellationToken cancellation) => GuardAsync(async () =>
    {
        await walker!.CopyDataAsync(target, cancellation);
        return true;
    });

    public async ValueTask DisposeAsync()
    {
        if (content is not null)
            await content.DisposeAsync();
        await stored.DisposeAsync();
        digest?.Dispose();
        diffId?.Dispose();
    }

    /// <summary>A tarball may begin with a file whose name looks like the signature of a compression.</summary>
    private static CompressionFormat Format(ReadOnlySpan<byte> header) => header.Length > 262 && header[257..].StartsWith("ustar"u8)
        ? CompressionFormat.None
        : CompressionDetector.Detect(header) ?? CompressionFormat.None;

    private void Pass(ReadOnlyMemory<byte> bytes)
    {
        diffId?.Append(bytes.Span);
        if (BytesRead > Allowance + (stored.BytesRead * limits.Ratio))
            throw Unusable($"{stored.BytesRead} of its bytes became more than {BytesRead >> 20} MiB, which is a decompression bomb");
        if (bytesBefore + BytesRead > limits.Bytes)
            throw Unusable($"the layers of the image have more than {limits.Bytes >> 20} MiB");
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Invalid && !e.Message.StartsWith("The layer", StringComparison.Ordinal))
        {
            throw Unusable(e.Message.TrimEnd('.'));
        }
        catch (EndOfStreamException)
        {
            throw Unusable("it ends inside an entry");
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException)
        {
            throw Unusable("a tar header is wrong");
        }
    }

    private StapesException Unusable(string how) => new(ErrorKind.Invalid, $"The layer {layer.Digest} cannot be used: {how}; push the image again");
}
