using Stapes.Core.Library;
using Stapes.Protocols.Shared;
using Asker = Stapes.Core.Library.Audience;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>The two documents for one audience, made once for each generation of the source when somebody asks.</summary>
internal sealed class ServedDocuments(IImageSource source, Asker audience) : IDisposable
{
    private const string Json = "application/json";

    private readonly SemaphoreSlim turn = new(1);
    private volatile Documents? present;

    /// <summary>
    /// A minute lets a cache in front of the server answer any number of clients. They keep an index for up to an hour themselves, and
    /// that with the minute must stay below the two hours for which the files of a deleted image can be had.
    /// </summary>
    private string Caching => audience.Equals(Asker.Everyone) ? "public, max-age=60" : "private, no-cache";

    public async ValueTask<PrecompressedContent> GetIndexAsync(CancellationToken cancellation) => (await GetAsync(cancellation)).Index;

    public async ValueTask<PrecompressedContent> GetProductsAsync(CancellationToken cancellation) => (await GetAsync(cancellation)).Products;

    /// <summary>Keeps the documents only where they are small; the next request makes the others again.</summary>
    public void Shrink()
    {
        if (present is { } documents && !(documents.Index.TryShrink() & documents.Products.TryShrink()))
            present = null;
    }

    public void Dispose() => turn.Dispose();

    /// <summary>The documents of the source as it is now, or newer: whoever has written sees the change.</summary>
    private async ValueTask<Documents> GetAsync(CancellationToken cancellation)
    {
        var snapshot = await source.GetSnapshotAsync(cancellation);
        if (present is { } ready && ready.Generation == snapshot.Generation)
            return ready;

        await turn.WaitAsync(cancellation);
        try
        {
            // Read again: those who waited behind each other share what the first of them makes.
            snapshot = await source.GetSnapshotAsync(cancellation);
            if (present is not { } old || old.Generation != snapshot.Generation)
                return present = await Task.Run(() => Make(snapshot), cancellation);
            return old;
        }
        finally
        {
            turn.Release();
        }
    }

    private Documents Make(ImageSnapshot snapshot)
    {
        var products = ServedIndex.Of(ImageView.Of(snapshot, audience));
        var (index, list) = (IndexWriter.WriteIndex(products), IndexWriter.WriteProducts(products));
        // A change that nobody sees here, of a private image for example, costs no compression.
        return present is { } old && old.Products.Is(list.Span)
            ? old with { Generation = snapshot.Generation }
            : new(snapshot.Generation, new(index, Json, Caching), new(list, Json, Caching));
    }

    private sealed record Documents(long Generation, PrecompressedContent Index, PrecompressedContent Products);
}
