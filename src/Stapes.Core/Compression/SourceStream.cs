namespace Stapes.Core.Compression;

/// <summary>
/// The compressed bytes on their way into a library's decoder. It remembers whether the decoder asked for bytes beyond the end (which
/// tells a truncated file from a corrupt one) and what the last bytes were, and buffers for decoders that read byte by byte.
/// </summary>
internal sealed class SourceStream(Stream source, bool leaveOpen) : ForwardStream
{
    /// <summary>How many of the last bytes are remembered: the end of a bzip2 file, see <see cref="Bzip2Footer"/>.</summary>
    public const int TailCapacity = 11;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024);
    private readonly byte[] _tail = new byte[TailCapacity];
    private int _tailLength;
    private int _start;
    private int _end;

    /// <summary>A read has found no more bytes.</summary>
    public bool AtEnd { get; private set; }

    /// <summary>Nothing has come from the source so far.</summary>
    public bool IsEmpty => _tailLength == 0;

    /// <summary>The last bytes read from the source, up to <see cref="TailCapacity"/>.</summary>
    public ReadOnlySpan<byte> Tail => _tail.AsSpan(TailCapacity - _tailLength);

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        if (_start == _end)
            Filled(source.Read(_buffer));
        return Take(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        if (_start == _end)
            Filled(await source.ReadAsync(_buffer, cancellationToken));
        return Take(buffer.Span);
    }

    public override int ReadByte()
    {
        if (_start == _end)
            Filled(source.Read(_buffer));
        return _start == _end ? -1 : _buffer[_start++];
    }

    public override async ValueTask DisposeAsync()
    {
        if (!leaveOpen)
            await source.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !leaveOpen)
            source.Dispose();
        base.Dispose(disposing);
    }

    private void Filled(int count)
    {
        (_start, _end, AtEnd) = (0, count, count == 0);
        var kept = _buffer.AsSpan(0, count);
        kept = kept[^Math.Min(count, TailCapacity)..];
        _tail.AsSpan(kept.Length).CopyTo(_tail);
        kept.CopyTo(_tail.AsSpan(TailCapacity - kept.Length));
        _tailLength = Math.Min(TailCapacity, _tailLength + kept.Length);
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }
}
