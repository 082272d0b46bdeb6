using Stapes.Core.Compression;

namespace Stapes.Core.Images;

/// <summary>Decompressed bytes that end with an error when they are absurdly many for the bytes that they came from.</summary>
internal sealed class BombGuard(Stream decompressed, IngestStream ingest, string name) : ForwardStream
{
    /// <summary>So much is allowed always: no metadata tarball comes near it.</summary>
    private const long Allowance = 64 << 20;

    /// <summary>An empty disk reaches 1,000 with gzip; xz could reach 7,000, but only over nothing but zeros.</summary>
    private const long Ratio = 1000;

    private long produced;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await decompressed.ReadAsync(buffer, cancellationToken);
        produced += read;
        return produced <= Allowance + (ingest.BytesRead * Ratio)
            ? read
            : throw new StapesException(ErrorKind.Invalid,
                $"{name} is a decompression bomb: {ingest.BytesRead} bytes became more than {produced >> 20} MiB; it was not read further");
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("Images are read asynchronously.");

    public override async ValueTask DisposeAsync()
    {
        await decompressed.DisposeAsync();
        await base.DisposeAsync();
    }
}
