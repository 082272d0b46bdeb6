using System.Collections.Concurrent;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Core.Images;

/// <summary>
/// Half a megabyte on its way from a source to those who hash and write it, from an address on that a device can take it from
/// (<see cref="WritebackStream"/>). All of the program share <see cref="Most"/> of them.
/// </summary>
public sealed class PumpBlock
{
    internal const int Size = 512 << 10;

    /// <summary>As many as there are, unless more are at work at once.</summary>
    internal const int Most = 48;

    private static readonly ConcurrentStack<PumpBlock> Spare = new();
    private static int used;

    /// <summary>How many consumers are not done with it.</summary>
    internal int Pending;

    private PumpBlock()
    {
        // Pinned, so that the address stays what it is.
        var buffer = GC.AllocateUninitializedArray<byte>(Size + WritebackStream.Alignment, pinned: true);
        Memory = buffer.AsMemory(WritebackStream.AlignedStart(buffer), Size);
    }

    internal Memory<byte> Memory { get; }

    /// <summary>How much of it the source filled.</summary>
    internal int Length { get; set; }

    /// <summary>Null when too many are used already.</summary>
    /// <param name="needed">Whether nothing goes on without it.</param>
    internal static PumpBlock? TryRent(bool needed)
    {
        if (Interlocked.Increment(ref used) <= Most || needed)
            return Spare.TryPop(out var block) ? block : new();
        Interlocked.Decrement(ref used);
        return null;
    }

    /// <summary>Leaves the blocks that nobody uses to the garbage collector. Safe to call at any moment.</summary>
    public static void ReleaseSpare() => Spare.Clear();

    /// <summary>Nobody works with it any more.</summary>
    internal void Return()
    {
        if (Interlocked.Decrement(ref used) < Most)
            Spare.Push(this);
    }
}
