namespace Stapes.Tests.Compression;

/// <summary>
/// A source as a slow network is: every read gives one byte; asynchronous reads really suspend; synchronous ones can be forbidden.
/// </summary>
internal sealed class TrickleStream(byte[] bytes, bool asyncOnly = false) : MemoryStream(bytes, writable: false)
{
    public bool IsDisposed { get; private set; }

    public override int Read(Span<byte> buffer) =>
        asyncOnly ? throw new InvalidOperationException("A synchronous read") : ReadOne(buffer);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        return ReadOne(buffer.Span);
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }

    private int ReadOne(Span<byte> buffer)
    {
        if (ReadByte() is not (>= 0 and var next))
            return 0;
        buffer[0] = (byte)next;
        return 1;
    }
}
