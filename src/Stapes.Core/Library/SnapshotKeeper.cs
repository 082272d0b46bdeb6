namespace Stapes.Core.Library;

/// <summary>The present snapshot of a catalogue: loaded when it is first asked for, then brought up to date by each write.</summary>
internal sealed class SnapshotKeeper(ICatalog catalog) : IDisposable
{
    private readonly SemaphoreSlim turn = new(1);
    private volatile ImageSnapshot? present;

    public event EventHandler? Changed;

    public ValueTask<ImageSnapshot> GetAsync(CancellationToken cancellation) => present is { } snapshot ? new(snapshot) : new(LoadAsync(cancellation));

    /// <summary>Runs a write of the catalogue and shows what it changed. One at a time, so that changes are shown in their order.</summary>
    public async Task<CatalogChange> WriteAsync(Func<Task<CatalogChange>> write, CancellationToken cancellation)
    {
        CatalogChange change;
        await turn.WaitAsync(cancellation);
        try
        {
            change = await write();
            // A gap means that somebody else wrote: then all is read again, by whoever asks next.
            if (present is { } snapshot)
                present = change.Generation == snapshot.Generation + 1 ? snapshot.With(change) : null;
        }
        finally
        {
            turn.Release();
        }

        Changed?.Invoke(this, EventArgs.Empty);
        return change;
    }

    /// <summary>Replaces an image's record without a new generation.</summary>
    public async Task ReplaceAsync(Image image, Func<Task> write, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            await write();
            if (present is { } snapshot && snapshot.Find(image.Project, image.Fingerprint) is { } now)
                present = snapshot.With(new(snapshot.Generation, Only(now with { LastUsedAt = image.LastUsedAt }), NoAliases));
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Lets go of the snapshot, which the next request reads again from the catalogue.</summary>
    public void Release() => present = null;

    public void Dispose() => turn.Dispose();

    private static readonly Dictionary<AliasKey, Alias?> NoAliases = [];

    private static Dictionary<ImageKey, Image?> Only(Image image) => new() { [image.Key] = image };

    private async Task<ImageSnapshot> LoadAsync(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            return present ??= await catalog.LoadAsync(cancellation);
        }
        finally
        {
            turn.Release();
        }
    }
}
