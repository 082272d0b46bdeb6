using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Storage;

/// <summary>An opened blob: immutable bytes that can be read at any place, by several readers at once, until it is disposed.</summary>
public abstract class Blob : IAsyncDisposable
{
    /// <summary>Bytes.</summary>
    public abstract long Length { get; }

    /// <summary>The file that holds exactly these bytes, for senders that can use one; null when they lie elsewhere. Disposed with the blob.</summary>
    public virtual SafeFileHandle? File => null;

    /// <summary>Reads some bytes; 0 only at the end or for an empty buffer.</summary>
    /// <exception cref="StapesException">Unavailable: the storage failed.</exception>
    public abstract ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellation);

    /// <summary>A stream over some of the bytes, from the first to the last; disposing it leaves the blob open.</summary>
    public Stream OpenRead(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return new BlobStream(this, offset, length);
    }

    /// <summary>A stream over all bytes; disposing it asynchronously disposes the blob.</summary>
    public Stream AsStream() => new BlobStream(this, 0, Length) { OwnsBlob = true };

    public abstract ValueTask DisposeAsync();
}
