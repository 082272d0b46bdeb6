using Stapes.Core.Images;

namespace Stapes.Core.Library;

/// <summary>Claims keep the collector from blobs that somebody is about to store and to refer to.</summary>
internal sealed class BlobClaims(ICatalog catalog, BlobCollector collector)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private const int Attempts = 1500;

    /// <summary>Claims blobs; waits while the collector deletes the same bytes, which takes it milliseconds.</summary>
    public async Task<Guid> ClaimAsync(IReadOnlyCollection<ImageFile> files, CancellationToken cancellation)
    {
        var claim = Guid.NewGuid();
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await catalog.TryClaimAsync(claim, files, cancellation))
                return claim;
            await Task.Delay(Pause, cancellation);
        }

        throw new StapesException(ErrorKind.Unavailable,
            $"The bytes of an earlier blob {files.First().Digest} cannot be deleted to make place for this one: look for errors of the disk");
    }

    /// <summary>Ends a claim whose import failed. Best effort: whatever stays, the next collection or the next start deletes.</summary>
    public async Task AbandonAsync(Guid claim)
    {
        try
        {
            await catalog.ReleaseClaimAsync(claim, CancellationToken.None);
            await collector.CollectAsync(CancellationToken.None);
        }
        catch (StapesException)
        {
            // The failure that led here is the one to tell.
        }
    }
}
