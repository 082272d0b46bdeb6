using Stapes.Core.Compression;

namespace Stapes.Core.Images;

/// <summary>
/// A source that is hashed and copied while it is read: every byte is read once, whoever reads it, and reaches each digest and the
/// copy in order. A reader that has seen enough calls <see cref="DrainAsync"/> for the rest.
/// </summary>
internal sealed class IngestStream(ImageInput input, IReadOnlyList<Sha256Hasher> digests) : ForwardStream
{
    private const int SmallSize = 64 << 10;

    private readonly Stream source = input.Source;
    private readonly Stream? copy = input.Copy;
    private ReadOnlyMemory<byte> peeked;

    /// <summary>How many bytes have passed.</summary>
    public long BytesRead { get; private set; }

    /// <summary>What <see cref="PeekAsync"/> saw.</summary>
    public ReadOnlyMemory<byte> Header { get; private set; }

    /// <summary>The first bytes, at most <paramref name="count"/>, fewer only when the source is shorter; later reads see them again.</summary>
    public async Task<ReadOnlyMemory<byte>> PeekAsync(int count, CancellationToken cancellation)
    {
        if (Header.Length > 0)
            throw new InvalidOperationException("The first bytes were looked at already.");
        var buffer = new byte[count];
        var length = await source.ReadAtLeastAsync(buffer, count, throwOnEndOfStream: false, cancellation);
        await PassAsync(buffer.AsMemory(0, length), cancellation);
        return Header = peeked = buffer.AsMemory(0, length);
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
        await PassAsync(buffer[..read], cancellationToken);
        return read;
    }

    /// <summary>Passes all that was not read yet. Of a large file the digests, the copy and the reading go on side by side.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        peeked = default;
        // Most metadata tarballs end here: large buffers are only worth their making for a large file.
        var small = GC.AllocateUninitializedArray<byte>(SmallSize);
        var length = await source.ReadAtLeastAsync(small, SmallSize, throwOnEndOfStream: false, cancellation);
        await PassAsync(small.AsMemory(0, length), cancellation);
        if (length < SmallSize)
            return;
        await BlockPump.RunAsync(source, Consumers(cancellation), Count, cancellation);
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("Images are read asynchronously.");

    private async ValueTask PassAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        Count(bytes.Length);
        foreach (var consume in Consumers(cancellation))
            await consume(bytes);
    }

    private void Count(int bytes)
    {
        BytesRead += bytes;
        input.Progress?.Invoke(bytes);
    }

    private IEnumerable<Func<ReadOnlyMemory<byte>, ValueTask>> Consumers(CancellationToken cancellation)
    {
        foreach (var hash in Sha256Hasher.Consumers(digests))
            yield return hash;
        if (copy is not null)
            yield return bytes => copy.WriteAsync(bytes, cancellation);
    }
}
