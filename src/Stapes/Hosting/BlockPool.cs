using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Stapes.Hosting;

/// <summary>
/// The buffers of all connections: blocks of 64 KiB instead of Kestrel's 4 KiB. A block is what one read of a file fills, what
/// becomes four full TLS records, and what one call of the system sends: with the small ones a download over TLS takes half as much
/// CPU again, over HTTP/2 nearly three times as much. Connections that wait hold none.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int BlockSize = 64 << 10;

    /// <summary>Blocks beyond these 16 MiB are left to the garbage collector when they come back.</summary>
    private const int MostKept = 256;

    private readonly ConcurrentBag<Block> free = [];
    private int kept;

    public override int MaxBufferSize => BlockSize;

    /// <summary>One pool for everything: blocks go from one connection to the next, whichever listener they belong to.</summary>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    /// <summary>Leaves the blocks that nobody uses to the garbage collector.</summary>
    public void Clear()
    {
        while (free.TryTake(out _))
            Interlocked.Decrement(ref kept);
    }

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        if (!free.TryTake(out var block))
            return new Block(this);
        Interlocked.Decrement(ref kept);
        return block;
    }

    protected override void Dispose(bool disposing)
    {
        // Kestrel disposes its pool once for every listener.
    }

    private void Return(Block block)
    {
        if (Interlocked.Increment(ref kept) <= MostKept)
            free.Add(block);
        else
            Interlocked.Decrement(ref kept);
    }

    private sealed class Block(BlockPool pool) : IMemoryOwner<byte>
    {
        // Pinned, so that a call of the system need not pin it, and the garbage collector never moves it.
        public Memory<byte> Memory { get; } =
            MemoryMarshal.CreateFromPinnedArray(GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true), 0, BlockSize);

        public void Dispose() => pool.Return(this);
    }
}
