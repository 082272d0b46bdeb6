using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>The bytes of an image that is fetched, counted against the limits. Several of its files may come side by side.</summary>
internal sealed class FetchedBytes(StorageLimits limits)
{
    private long count;

    /// <param name="bytes">Of the next piece, before it is written; less than zero when some have to come again.</param>
    /// <returns>The same number.</returns>
    /// <exception cref="Core.StapesException">Full: the disk has too little space. Invalid: the image is too large.</exception>
    public long Add(long bytes)
    {
        var now = Interlocked.Add(ref count, bytes);
        limits.Check(now - bytes, now);
        return bytes;
    }
}
