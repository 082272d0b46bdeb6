namespace Stapes.Core.Compression;

/// <summary>
/// Compresses what is written to it into one .xz stream with one block and a CRC-64, as <c>xz -T1</c> does. The same bytes give the same
/// file with the same release of liblzma, however they are cut into writes; so <see cref="Stream.Flush"/> does nothing. Disposing of
/// it writes the end of the file, unless a write has failed.
/// </summary>
/// <remarks>Memory, by <c>xz(1)</c>: 674 MiB at preset 9, 94 MiB at preset 6, 9 MiB at preset 1.</remarks>
public sealed class XzEncodeStream : Stream
{
    private readonly LzmaCoder _coder;
    private readonly Stream _target;
    private readonly bool _leaveOpen;
    private readonly byte[] _output = new byte[64 * 1024];
    private bool _ended;

    // Set while output is under way to the target, so that it stays set when that fails.
    private bool _broken;

    /// <param name="target">Where the .xz file goes.</param>
    /// <param name="preset">From 0 (fast) to 9 (small).</param>
    /// <param name="leaveOpen">Leave the target open when this stream is disposed of.</param>
    /// <exception cref="StapesException"><see cref="ErrorKind.Unavailable"/>: no liblzma, or no memory for the preset.</exception>
    public XzEncodeStream(Stream target, int preset = 9, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfLessThan(preset, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(preset, 9);
        (_target, _leaveOpen, _coder) = (target, leaveOpen, LzmaCoder.Encoder(preset));
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !_ended;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ThrowIfUnusable();
        while (!buffer.IsEmpty)
        {
            Step(buffer, LzmaAction.Run, out var consumed, out var written);
            buffer = buffer[consumed..];
            Emit(written);
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfUnusable();
        while (!buffer.IsEmpty)
        {
            Step(buffer.Span, LzmaAction.Run, out var consumed, out var written);
            buffer = buffer[consumed..];
            await EmitAsync(written, cancellationToken);
        }
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Write(buffer.AsSpan(offset, count));
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        try
        {
            while (MayStillEnd())
            {
                _ended = Step([], LzmaAction.Finish, out _, out var written) == LzmaStatus.StreamEnd;
                await EmitAsync(written, CancellationToken.None);
            }
        }
        finally
        {
            _ended = true;
            _coder.Dispose();
            if (!_leaveOpen)
                await _target.DisposeAsync();
            await base.DisposeAsync();
        }
    }

    protected override void Dispose(bool disposing)
    {
        try
        {
            while (disposing && MayStillEnd())
            {
                _ended = Step([], LzmaAction.Finish, out _, out var written) == LzmaStatus.StreamEnd;
                Emit(written);
            }
        }
        finally
        {
            _ended = true;
            if (disposing)
                _coder.Dispose();
            if (disposing && !_leaveOpen)
                _target.Dispose();
            base.Dispose(disposing);
        }
    }

    private bool MayStillEnd() => !_ended && !_broken;

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        if (_broken)
            throw new InvalidOperationException("An earlier write failed: the xz data is incomplete");
    }

    private LzmaStatus Step(ReadOnlySpan<byte> input, LzmaAction action, out int consumed, out int written)
    {
        _broken = true;
        var status = _coder.Step(input, _output, action, out consumed, out written);
        if (status is not (LzmaStatus.Ok or LzmaStatus.StreamEnd))
            throw status == LzmaStatus.OutOfMemory ? CompressionFaults.OutOfMemory() : LzmaCoder.Unexpected(status);
        return status;
    }

    private void Emit(int count)
    {
        if (count > 0)
            _target.Write(_output, 0, count);
        _broken = false;
    }

    private async ValueTask EmitAsync(int count, CancellationToken cancellationToken)
    {
        if (count > 0)
            await _target.WriteAsync(_output.AsMemory(0, count), cancellationToken);
        _broken = false;
    }
}
