using System.Threading.Channels;

namespace Stapes.Core.Images;

/// <summary>
/// Reads a stream to its end and hands each block to several consumers, which work side by side, each at its own pace and in order.
/// At most <see cref="BlockCount"/> blocks exist for each, and all that are at work share <see cref="PumpBlock.Most"/>, of which each gets the same
/// part and at least one, so that memory stays flat whatever their size and number.
/// </summary>
internal sealed class BlockPump
{
    private const int BlockCount = 12;

    private static int running;

    private readonly Channel<PumpBlock> free = Channel.CreateUnbounded<PumpBlock>();
    private readonly List<PumpBlock> made = [];
    private readonly List<(Channel<PumpBlock> Queue, Func<ReadOnlyMemory<byte>, ValueTask> Consume)> consumers;

    private BlockPump(IEnumerable<Func<ReadOnlyMemory<byte>, ValueTask>> consumers) =>
        this.consumers = [.. consumers.Select(static c => (Channel.CreateUnbounded<PumpBlock>(), c))];

    /// <summary>How many blocks it may have now: fewer when others begin.</summary>
    private static int Share => Math.Clamp(PumpBlock.Most / Math.Max(1, Volatile.Read(ref running)), 1, BlockCount);

    /// <summary>Ends when every consumer has had every block. The first failure, of the reading or of a consumer, ends all.</summary>
    /// <param name="source">What to read.</param>
    /// <param name="consumers">Each gets the blocks one at a time.</param>
    /// <param name="passed">Is told how many bytes came, as they come.</param>
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
            block.Length = length = await FillAsync(block.Memory, source, passed, cancellation);
            block.Pending = consumers.Count;
            foreach (var (queue, _) in consumers)
                queue.Writer.TryWrite(block);
        }
        while (length == PumpBlock.Size);
        foreach (var (queue, _) in consumers)
            queue.Writer.Complete();
    }

    /// <summary>Tells of what a slow source gives as it comes.</summary>
    private static async ValueTask<int> FillAsync(Memory<byte> block, Stream source, Action<int> passed, CancellationToken cancellation)
    {
        var filled = 0;
        while (filled < block.Length && await source.ReadAsync(block[filled..], cancellation) is > 0 and var read)
        {
            passed(read);
            filled += read;
        }

        return filled;
    }

    private async ValueTask<PumpBlock> TakeAsync(CancellationToken cancellation)
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

    private PumpBlock? TryMake()
    {
        var block = made.Count < Share ? PumpBlock.TryRent(needed: made.Count == 0) : null;
        if (block is not null)
            made.Add(block);
        return block;
    }

    private void Release(PumpBlock block)
    {
        made.Remove(block);
        block.Return();
    }

    /// <summary>Nobody works with them any more.</summary>
    private void ReleaseAll()
    {
        while (made is [.., var last])
            Release(last);
    }

    private async Task ConsumeAsync(Channel<PumpBlock> queue, Func<ReadOnlyMemory<byte>, ValueTask> consume, CancellationToken cancellation)
    {
        await foreach (var block in queue.Reader.ReadAllAsync(cancellation))
        {
            await consume(block.Memory[..block.Length]);
            if (Interlocked.Decrement(ref block.Pending) == 0)
                free.Writer.TryWrite(block);
        }
    }
}
