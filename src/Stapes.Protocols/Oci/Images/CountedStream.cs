using Stapes.Core.Compression;

namespace Stapes.Protocols.Oci.Images;

/// <summary>A stream whose bytes are counted, and told to somebody, while they are read.</summary>
internal sealed class CountedStream(Stream source, Action<ReadOnlyMemory<byte>>? passed) : ForwardStream
{
    private ReadOnlyMemory<byte> peeked;

    public long BytesRead { get; private set; }

    /// <summary>The first bytes, which later reads see again.</summary>
    public async Task<ReadOnlyMemory<byte>> PeekAsync(int count, CancellationToken cancellation)
    {
        var buffer = new byte[count];
        var length = await source.ReadAtLeastAsync(buffer, count, throwOnEndOfStream: false, cancellation);
        Pass(buffer.AsMemory(0, length));
        return peeked = buffer.AsMemory(0, length);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (peeked.Length > 0)
        {
            var count = Math.Min(peeked.Length, buffer.Length);
            peeked[..count].CopyTo(buffer);
            peeked = peeked[count..];
            return count;
        }

        var read = await source.ReadAsync(buffer, cancellationToken);
        Pass(buffer[..read]);
        return read;
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("Layers are read asynchronously.");

    public override async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await base.DisposeAsync();
    }

    private void Pass(ReadOnlyMemory<byte> bytes)
    {
        BytesRead += bytes.Length;
        passed?.Invoke(bytes);
    }
}
