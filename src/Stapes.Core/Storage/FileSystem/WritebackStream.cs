using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Storage.FileSystem;

/// <summary>
/// Writes a file behind what it holds already, without a buffer between. Every 8 MiB it has the kernel start the transfer to the disk, so that
/// the flush at the end finds little left to do: one flush of a whole gigabyte takes several times as long. Of a large file, aligned blocks
/// go past the page cache: to copy them there and to look after the pages takes as much time as to hash them. A failed write is a
/// <see cref="StapesException"/>, unlike one of the source that is being copied.
/// </summary>
internal sealed class WritebackStream(SafeFileHandle handle, string path) : Stream
{
    /// <summary>The largest block of a device that Linux has; memory, offset and length must be multiples of it.</summary>
    public const int Alignment = 4096;

    private const long WritebackStep = 8 << 20;

    /// <summary>Smaller files are at hand for whoever reads them next, and many of them are flushed side by side.</summary>
    private const long DirectFrom = 32 << 20;

    private const int InvalidArgument = 22;

    private long written = RandomAccess.GetLength(handle);
    private long started;
    private SafeFileHandle? direct;
    private bool isDirectOut;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => written;

    public override long Position
    {
        get => written;
        set => throw new NotSupportedException();
    }

    /// <summary>Where in a buffer blocks begin that can be written past the page cache, as long as the collector leaves it where it is.</summary>
    public static unsafe int AlignedStart(ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
            return (int)(((nuint)start + Alignment - 1) / Alignment * Alignment - (nuint)start);
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            if (written >= DirectFrom && TryWriteDirect(buffer) is > 0 and var passed)
                buffer = buffer[passed..];
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

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            direct?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Cuts the file off.</summary>
    public override void SetLength(long value)
    {
        RandomAccess.SetLength(handle, value);
        written = value;
        started = Math.Min(started, value);
    }

    /// <summary>Writes as many bytes past the page cache as can go there; answers how many.</summary>
    private int TryWriteDirect(ReadOnlySpan<byte> buffer)
    {
        var length = buffer.Length & -Alignment;
        if (isDirectOut || length == 0 || written % Alignment != 0 || AlignedStart(buffer) != 0)
            return 0;
        direct ??= OpenDirect();
        if (direct is null)
            return 0;
        try
        {
            RandomAccess.Write(direct, buffer[..length], written);
        }
        catch (IOException e) when (e.HResult == InvalidArgument)
        {
            // The file system wants more than aligned blocks.
            isDirectOut = true;
            return 0;
        }

        if (written > started)
            Posix.StartWriteback(handle, started, written - started);
        written += length;
        started = written;
        return length;
    }

    private SafeFileHandle? OpenDirect()
    {
        var opened = Posix.TryOpenDirect(path);
        // The name may be that of another file by now.
        if (opened is not null && FileStamp.Of(opened).Number == FileStamp.Of(handle).Number)
            return opened;
        opened?.Dispose();
        isDirectOut = true;
        return null;
    }
}
