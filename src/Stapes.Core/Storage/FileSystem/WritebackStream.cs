using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Storage.FileSystem;

/// <summary>
/// Writes a file behind what it holds already, without a buffer between. Every 8 MiB it has the kernel start the transfer to the disk, so that the
/// flush at the end finds little left to do: one flush of a whole gigabyte takes several times as long. A failed write is a <see cref="StapesException"/>, unlike one of the source that is being copied.
/// </summary>
internal sealed class WritebackStream(SafeFileHandle handle, string path) : Stream
{
    private const long WritebackStep = 8 << 20;

    private long written = RandomAccess.GetLength(handle);
    private long started;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => written;

    public override long Position
    {
        get => written;
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            RandomAccess.Write(handle, buffer, written);
        }
        catch (IOException e)
        {
            throw StorageFaults.From(e, $"write {path}");
        }

        written += buffer.Length;
        if (written - started >= WritebackStep)
        {
            Posix.StartWriteback(handle, started, written - started);
            started = written;
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    // On Linux .NET has no asynchronous file I/O: it hands the call to another thread. Our writers choose their threads themselves.
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled(cancellationToken);
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Cuts the file off.</summary>
    public override void SetLength(long value)
    {
        RandomAccess.SetLength(handle, value);
        written = value;
        started = Math.Min(started, value);
    }
}
