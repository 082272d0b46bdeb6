using System.Runtime.InteropServices;
using Stapes.Protocols.Shared;

namespace Stapes.Hosting;

/// <summary>
/// Gives memory back to the system when no protocol has been asked for anything for a while: first what can be made again, then what the
/// garbage collector and the C library keep for later use. Without it a server keeps forever what its busiest moment needed.
/// </summary>
internal sealed partial class IdleTrimmer(ServerMetrics metrics, IdleMemory memory)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);

    /// <summary>Trims once after the start and after each busy time, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Quiet);
        long seen = 0;
        var trimmed = false;
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            var count = CountRequests();
            if (count != seen)
                (seen, trimmed) = (count, false);
            else if (!trimmed)
                trimmed = Trim();
        }
    }

    // Health checks and metrics come all the time, and need nothing that is kept.
    private long CountRequests() => metrics.Requests.Where(static r => r.Key.Protocol != Protocol.None.Name).Sum(static r => r.Count);

    private bool Trim()
    {
        memory.Release();
        // What has a finalizer keeps its memory until that has run.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = malloc_trim(0);
        return true;
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint pad);
}
