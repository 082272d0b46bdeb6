namespace Stapes.Core.Compression;

/// <summary>xz and lzma, decoded by liblzma.</summary>
internal sealed class LzmaDecodeStream(LzmaCoder coder, CompressionFormat format, Stream source, bool leaveOpen) : ForwardStream
{
    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(64 * 1024);
    private int _start;
    private int _end;
    private bool _anyOutput;
    private bool _sourceEnded;
    private bool _streamEnded;
    private bool _finished;
    private StapesException? _failure;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            if (TryDecode(buffer, out var written))
                return written;
            Filled(source.Read(_input));
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryDecode(buffer.Span, out var written))
                return written;
            Filled(await source.ReadAsync(_input, cancellationToken));
        }
    }

    public override async ValueTask DisposeAsync()
    {
        coder.Dispose();
        if (!leaveOpen)
            await source.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            coder.Dispose();
            if (!leaveOpen)
                source.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Makes output, or finds that all is done (0 bytes); <c>false</c> when that needs more of the source.</summary>
    private bool TryDecode(Span<byte> output, out int written)
    {
        written = 0;
        if (_failure is not null)
            throw _failure;
        if (_finished)
            return true;
        while (!_streamEnded)
        {
            if (_start == _end && !_sourceEnded)
                return false;
            var action = _sourceEnded ? LzmaAction.Finish : LzmaAction.Run;
            var status = coder.Step(_input.AsSpan(_start.._end), output, action, out var consumed, out written);
            _start += consumed;
            _streamEnded = status == LzmaStatus.StreamEnd;
            if (status is not (LzmaStatus.Ok or LzmaStatus.StreamEnd))
                throw _failure = Failure(status);
            if (written > 0)
                return _anyOutput = true;
        }

        // A .lzma file holds one stream and nothing behind it; the xz decoder has looked for more streams itself.
        if (_start == _end && !_sourceEnded)
            return false;
        if (_start < _end)
            throw _failure = CompressionFaults.Corrupt(format);
        return _finished = true;
    }

    private void Filled(int count)
    {
        (_start, _end) = (0, count);
        _sourceEnded = count == 0;
    }

    private StapesException Failure(LzmaStatus status) => status switch
    {
        LzmaStatus.NoProgress => CompressionFaults.Truncated(format),
        LzmaStatus.CorruptData => CompressionFaults.Corrupt(format),
        LzmaStatus.WrongFormat => _anyOutput ? CompressionFaults.Corrupt(format) : CompressionFaults.Foreign(format),
        LzmaStatus.UnsupportedOptions => CompressionFaults.Unsupported(format),
        LzmaStatus.OverMemoryLimit => CompressionFaults.NeedsMemory(format, $"{Decompressor.MemoryLimit >> 20} MiB of memory"),
        LzmaStatus.OutOfMemory => CompressionFaults.OutOfMemory(),
        _ => throw LzmaCoder.Unexpected(status),
    };
}
