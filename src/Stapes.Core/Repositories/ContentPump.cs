using Stapes.Core.Images;

namespace Stapes.Core.Repositories;

/// <summary>Hashes and writes what a client sends while it arrives; of much of it side by side.</summary>
internal static class ContentPump
{
    private const int SmallSize = 64 << 10;

    /// <summary>When it ends well, the hash and the target have had all that arrived.</summary>
    /// <exception cref="StapesException">Full: the disk is. TooLarge: it is more than the server takes.</exception>
    public static async Task RunAsync(ArrivingStream arriving, ContentHash hash, Stream target)
    {
        Func<ReadOnlyMemory<byte>, ValueTask>[] consumers = [.. hash.Consumers, bytes => target.WriteAsync(bytes, CancellationToken.None)];
        // Large buffers are only worth their making for a large blob.
        var small = GC.AllocateUninitializedArray<byte>(SmallSize);
        var length = await arriving.ReadAtLeastAsync(small, SmallSize, throwOnEndOfStream: false, CancellationToken.None);
        foreach (var consume in consumers)
            await consume(small.AsMemory(0, length));
        if (length == SmallSize)
            await BlockPump.RunAsync(arriving, consumers, static _ => { }, CancellationToken.None);
    }
}
