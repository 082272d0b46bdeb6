using System.IO.Pipelines;
using System.Security.Cryptography;
using Stapes.Core.Images;

namespace Stapes.Tests.Images;

public sealed class BlockPumpTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Many_at_once_share_the_memory_of_a_few_and_each_gets_all_of_its_own()
    {
        const int Count = 40;
        const int Size = (15 * PumpBlock.Size) + 12345;
        var held = new Held();
        var others = new TaskCompletionSource();
        var waiting = Count;

        async Task<byte[]> RunAsync(int seed)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var source = new CountingStream(Content(seed, Size), held);
            var first = true;
            await BlockPump.RunAsync(source, [ConsumeAsync], static _ => { }, Cancellation);
            return hash.GetHashAndReset();

            async ValueTask ConsumeAsync(ReadOnlyMemory<byte> bytes)
            {
                // Until every other one has a block too.
                if (first && Interlocked.Decrement(ref waiting) == 0)
                    others.SetResult();
                first = false;
                await others.Task;
                hash.AppendData(bytes.Span);
                held.Add(-bytes.Length);
            }
        }

        var hashes = await Task.WhenAll(Enumerable.Range(0, Count).Select(RunAsync));

        hashes.ShouldBe([.. Enumerable.Range(0, Count).Select(static seed => SHA256.HashData(Content(seed, Size)))]);
        held.Most.ShouldBeLessThanOrEqualTo((PumpBlock.Most + Count) * PumpBlock.Size);
    }

    [Fact]
    public async Task What_a_slow_source_gives_is_told_before_a_block_is_full()
    {
        var pipe = new Pipe();
        var told = new TaskCompletionSource<int>();
        var running = BlockPump.RunAsync(pipe.Reader.AsStream(), [static _ => default], bytes => told.TrySetResult(bytes), Cancellation);

        await pipe.Writer.WriteAsync(new byte[1000], Cancellation);

        (await told.Task.WaitAsync(Cancellation)).ShouldBe(1000);
        await pipe.Writer.CompleteAsync();
        await running;
    }

    private static byte[] Content(int seed, int size)
    {
        var content = new byte[size];
        new Random(seed).NextBytes(content);
        return content;
    }

    /// <summary>The bytes that were read and are not consumed yet.</summary>
    private sealed class Held
    {
        private readonly Lock gate = new();
        private long now;

        public long Most { get; private set; }

        public void Add(long bytes)
        {
            lock (gate)
                Most = Math.Max(Most, now += bytes);
        }
    }

    private sealed class CountingStream(byte[] content, Held held) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            held.Add(read);
            return read;
        }
    }
}
