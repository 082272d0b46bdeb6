using Stapes.Core.Compression;

namespace Stapes.Core.Library;

/// <summary>The bytes of an upload, counted against the limits together with those of its other file.</summary>
internal sealed class LimitedStream(Stream source, StorageLimits limits, LimitedStream.Count count) : ForwardStream
{
    public override int Read(Span<byte> buffer) => Counted(source.Read(buffer));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Counted(await source.ReadAsync(buffer, cancellationToken));

    public override async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await base.DisposeAsync();
    }

    private int Counted(int read)
    {
        var before = count.Bytes;
        count.Bytes += read;
        limits.Check(before, count.Bytes);
        return read;
    }

    /// <summary>How many bytes of an upload have come.</summary>
    internal sealed class Count
    {
        public long Bytes { get; set; }
    }
}
