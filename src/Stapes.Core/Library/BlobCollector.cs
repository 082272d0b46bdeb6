using Stapes.Core.Images;
using Stapes.Core.Storage;

namespace Stapes.Core.Library;

/// <summary>
/// Deletes the bytes that nothing needs: the row is marked, then the file deleted, then the row. Whoever wants to store marked bytes
/// again waits until the row is gone. Killed in between, the next collector finds the mark and goes on.
/// </summary>
internal sealed class BlobCollector(ICatalog catalog, IBlobStore blobs, LibraryOptions options) : IDisposable
{
    private const int Batch = 100;

    private readonly SemaphoreSlim turn = new(1);

    public async Task<int> CollectAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            var deleted = 0;
            while (await catalog.MarkAsync(options.Time.GetUtcNow() - options.Grace, Batch, cancellation) is { Count: > 0 } marked)
                deleted += await DeleteAsync(marked, cancellation);
            return deleted;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Deletes stored blobs that the catalogue does not know, as after a power cut or a catalogue restored from a backup.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            var deleted = 0;
            await foreach (var batch in BatchesAsync(cancellation))
                deleted += await SweepAsync(batch, cancellation);
            return deleted;
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private async Task<int> SweepAsync(IReadOnlyCollection<Sha256Digest> stored, CancellationToken cancellation)
    {
        if (await catalog.MarkUnknownAsync(stored, cancellation) is { Count: > 0 } marked)
            return await DeleteAsync(marked, cancellation);
        return 0;
    }

    private async Task<int> DeleteAsync(IReadOnlyList<Sha256Digest> marked, CancellationToken cancellation)
    {
        await blobs.DeleteAsync(marked, cancellation);
        await catalog.ForgetAsync(marked, cancellation);
        return marked.Count;
    }

    private async IAsyncEnumerable<IReadOnlyCollection<Sha256Digest>> BatchesAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var batch = new List<Sha256Digest>();
        await foreach (var digest in blobs.ListAsync(cancellation))
        {
            batch.Add(digest);
            if (batch.Count < Batch)
                continue;
            yield return batch;
            batch = [];
        }

        if (batch.Count > 0)
            yield return batch;
    }
}
