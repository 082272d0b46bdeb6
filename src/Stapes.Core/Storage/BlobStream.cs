using Stapes.Core.Compression;

namespace Stapes.Core.Storage;

/// <summary>Some of a blob's bytes in order.</summary>
internal sealed class BlobStream(Blob blob, long offset, long length) : ForwardStream
{
    private long position;

    /// <summary>Whether the blob is disposed with the stream.</summary>
    public bool OwnsBlob { get; init; }

    public override long Length => length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, length - position);
        if (wanted == 0)
            return 0;
        var read = await blob.ReadAsync(offset + position, buffer[..wanted], cancellationToken);
        if (read == 0)
            throw new StapesException(ErrorKind.Unavailable, $"A blob of {blob.Length} bytes ended at {offset + position}: its storage is damaged");
        position += read;
        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        if (OwnsBlob)
            await blob.DisposeAsync();
        await base.DisposeAsync();
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("Blobs are read asynchronously.");
}
