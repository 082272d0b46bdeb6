using System.Runtime.ExceptionServices;

namespace Stapes.Core.Storage.FileSystem;

/// <summary>
/// Puts many files on the disk, each by its own flush, and nothing that others wrote: <c>syncfs</c> would wait for that too. Flushes that
/// wait side by side share the disk's.
/// </summary>
public static class FlushTogether
{
    /// <summary>They only wait. More gain nothing, on an idle disk and on one that is busy for others.</summary>
    private const int MaxThreads = 32;

    /// <exception cref="IOException">A file cannot be flushed; the others may or may not be.</exception>
    public static void Run(IReadOnlyList<StagedFile> files)
    {
        // The transfers of all first, so that each flush finds its own done or under way.
        foreach (var file in files)
            file.StartFlush();

        var next = -1;
        ExceptionDispatchInfo? failure = null;
        var threads = new Thread[Math.Min(MaxThreads, files.Count)];
        for (var i = 0; i < threads.Length; i++)
        {
            threads[i] = new(FlushSome, maxStackSize: 1 << 18) { IsBackground = true };
            threads[i].Start();
        }

        foreach (var thread in threads)
            thread.Join();
        failure?.Throw();

        void FlushSome()
        {
            try
            {
                for (var i = Interlocked.Increment(ref next); i < files.Count && failure is null; i = Interlocked.Increment(ref next))
                    files[i].Flush();
            }
            catch (Exception e) when (StorageFaults.IsFault(e))
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        }
    }
}
