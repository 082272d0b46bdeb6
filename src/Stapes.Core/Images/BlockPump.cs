using System.Buffers;
using System.Threading.Channels;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Core.Images;

/// <summary>
/// Reads a stream to its end and hands each block to several consumers, which work side by side, each at its own pace and in order.
/// At most <see cref="BlockCount"/> blocks exist for each, and all that are at work share <see cref="MostOfAll"/>, of which each gets the same
/// part and at least one, so that memory stays flat whatever their size and number.
/// </summary>
internal sealed class BlockPump
{
    private const int BlockCount = 6;
    private const int MostOfAll = 32;
    private const int BlockSize = 1 << 20;

    private static int running;
    private static int blocks;

    private readonly Channel<Block> free = Channel.CreateUnbounded<Block>();
    private readonly List<Block> made = [];
    private readonly List<(Channel<Block> Queue, Func<ReadOnlyMemory<byte>, ValueTask> Consume)> consumers;

    private BlockPump(IEnumerable<Func<ReadOnlyMemory<byte>, ValueTask>> consumers) =>
        this.consumers = [.. consumers.Select(static c => (Channel.CreateUnbounded<Block>(), c))];

    /// <summary>How many blocks it may have now: fewer when others begin.</summary>
    private static int Share => Math.Clamp(MostOfAll / Math.Max(1, Volatile.Read(ref running)), 1, BlockCount);

    /// <summary>Ends when every consumer has had every block. The first failure, of the reading or of a consumer, ends all.</summary>
    /// <param name="source">What to read.</param>
    /// <param name="consumers">Each gets the blocks one at a time.</param>
    /// <param name="passed">Is told the length of each block that was read.</param>
    public static async Task RunAsync(
        Stream source, IEnumerable<Func<ReadOnlyMemory<byte>, ValueTask>> consumers, Action<int> passed, CancellationToken cancellation)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var pump = new BlockPump(consumers);
        Interlocked.Increment(ref running);
        Task[] tasks = [Task.Run(() => pump.ReadAsync(source, passed, failed.Token), failed.Token), .. pump.consumers.Select(c => Task.Run(() => pump.ConsumeAsync(c.Queue, c.Consume, failed.Token), failed.Token))];
        try
        {
            await foreach (var ended in Task.WhenEach(tasks))
                await ended;
        }
        finally
        {
            // Nobody may be at work on a block when the caller goes on, and disposes what they work with.
            await failed.CancelAsync();
            await Task.WhenAll(tasks).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            Interlocked.Decrement(ref running);
            pump.ReleaseAll();
        }
    }

    private async Task ReadAsync(Stream source, Action<int> passed, CancellationToken cancellation)
    {
        int length;
        do
        {
            var block = await TakeAsync(cancellation);
            length = await source.ReadAtLeastAsync(block.Memory, BlockSize, throwOnEndOfStream: false, cancellation);
            passed(length);
            block.Length = length;
            block.Pending = consumers.Count;
            foreach (var (queue, _) in consumers)
                queue.Writer.TryWrite(block);
        }
        while (length == BlockSize);
        foreach (var (queue, _) in consumers)
            queue.Writer.Complete();
    }

    private async ValueTask<Block> TakeAsync(CancellationToken cancellation)
    {
        while (true)
        {
            if (!free.Reader.TryRead(out var block))
            {
                if (TryMake() is { } another)
                    return another;
                block = await free.Reader.ReadAsync(cancellation);
            }

            if (made.Count <= Share)
                return block;
            Release(block);
        }
    }

    private Block? TryMake()
    {
        if (made.Count >= Share)
            return null;
        if (Interlocked.Increment(ref blocks) > MostOfAll && made.Count > 0)
        {
            Interlocked.Decrement(ref blocks);
            return null;
        }

        var block = new Block(ArrayPool<byte>.Shared.Rent(BlockSize + WritebackStream.Alignment));
        made.Add(block);
        return block;
    }

    private void Release(Block block)
    {
        made.Remove(block);
        ArrayPool<byte>.Shared.Return(block.Buffer);
        Interlocked.Decrement(ref blocks);
    }

    /// <summary>Nobody works with them any more.</summary>
    private void ReleaseAll()
    {
        while (made is [.., var last])
            Release(last);
    }

    private async Task ConsumeAsync(Channel<Block> queue, Func<ReadOnlyMemory<byte>, ValueTask> consume, CancellationToken cancellation)
    {
        await foreach (var block in queue.Reader.ReadAllAsync(cancellation))
        {
            await consume(block.Memory[..block.Length]);
            if (Interlocked.Decrement(ref block.Pending) == 0)
                free.Writer.TryWrite(block);
        }
    }

    /// <summary>A megabyte of a buffer, from an address on that a device can take it from (<see cref="WritebackStream"/>).</summary>
    private sealed class Block(byte[] buffer)
    {
        public byte[] Buffer { get; } = buffer;

        public Memory<byte> Memory { get; } = buffer.AsMemory(WritebackStream.AlignedStart(buffer), BlockSize);

        public int Length { get; set; }

        /// <summary>How many consumers are not done with it.</summary>
        public int Pending;
    }
}
