using Microsoft.Win32.SafeHandles;
using Stapes.Core.Compression;

namespace Stapes.Core.Storage.FileSystem;

/// <summary>
/// A file from its first byte to its last, read on the caller's thread. A <see cref="FileStream"/> hands each asynchronous read to another
/// thread, because Linux has none; for small files that takes longer than the reading. The handle stays the caller's.
/// </summary>
public sealed class FileReadStream(SafeFileHandle handle) : ForwardStream
{
    private long position;

    public override int Read(Span<byte> buffer)
    {
        var read = RandomAccess.Read(handle, buffer, position);
        position += read;
        return read;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : new(Read(buffer.Span));
}
