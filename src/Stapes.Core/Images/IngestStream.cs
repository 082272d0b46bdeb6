using System.Buffers;
using Stapes.Core.Compression;
using System.Security.Cryptography;

namespace Stapes.Core.Images;

/// <summary>
/// A source that is hashed and copied while it is read: every byte is read once, whoever reads it, and reaches each digest and the
/// copy in order. A reader that has seen enough calls <see cref="DrainAsync"/> for the rest.
/// </summary>
internal sealed class IngestStream(ImageInput input, IReadOnlyList<IncrementalHash> digests) : ForwardStream
{
    private const int ChunkSize = 1 << 20;

    private const int SmallSize = 64 << 10;

    /// <summary>Below this, handing work to other threads costs more than it saves.</summary>
    private const int ParallelSize = 128 << 10;

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

    /// <summary>Passes all that was not read yet. The next chunk is read while this one is hashed and written.</summary>
    public async Task DrainAsync(CancellationToken cancellation)
    {
        peeked = default;
        // Most metadata tarballs end here: a large buffer is only worth its making for a large file.
        var small = new byte[SmallSize];
        var length = await source.ReadAtLeastAsync(small, SmallSize, throwOnEndOfStream: false, cancellation);
        await PassAsync(small.AsMemory(0, length), cancellation);
        if (length < SmallSize)
            return;
        var rented = (ArrayPool<byte>.Shared.Rent(ChunkSize), ArrayPool<byte>.Shared.Rent(ChunkSize));
        try
        {
            await PassRestAsync(rented.Item1.AsMemory(0, ChunkSize), rented.Item2.AsMemory(0, ChunkSize), cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented.Item1);
            ArrayPool<byte>.Shared.Return(rented.Item2);
        }
    }

    private async Task PassRestAsync(Memory<byte> current, Memory<byte> next, CancellationToken cancellation)
    {
        var length = await source.ReadAtLeastAsync(current, ChunkSize, throwOnEndOfStream: false, cancellation);
        while (length > 0)
        {
            var reading = length < ChunkSize
                ? Task.FromResult(0)
                : Task.Run(() => source.ReadAtLeastAsync(next, ChunkSize, throwOnEndOfStream: false, cancellation).AsTask(), cancellation);
            try
            {
                await PassAsync(current[..length], cancellation);
            }
            finally
            {
                length = await reading;
            }

            (current, next) = (next, current);
        }
    }

    public override int Read(Span<byte> buffer) => throw new NotSupportedException("Images are read asynchronously.");

    private async ValueTask PassAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        BytesRead += bytes.Length;
        input.Progress?.Invoke(bytes.Length);
        if (bytes.Length < ParallelSize)
        {
            foreach (var digest in digests)
                digest.AppendData(bytes.Span);
            if (copy is not null)
                await copy.WriteAsync(bytes, cancellation);
            return;
        }

        var others = digests.Skip(1).Select(digest => Task.Run(() => digest.AppendData(bytes.Span), cancellation)).ToList();
        if (copy is not null)
            others.Add(Task.Run(() => copy.WriteAsync(bytes, cancellation).AsTask(), cancellation));
        try
        {
            digests[0].AppendData(bytes.Span);
        }
        finally
        {
            await Task.WhenAll(others);
        }
    }
}
