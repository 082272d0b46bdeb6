using Stapes.Core.Library;
using Stapes.Core.Storage;

namespace Stapes.Core.Repositories;

/// <summary>
/// The repositories that a server keeps: the only writer of their catalogue. Names, tags and digests are those of the protocol, already
/// checked. Who may do what is not known here. Methods may be called side by side.
/// </summary>
/// <remarks>All methods throw <see cref="StapesException"/>: Full when the disk is full, Unavailable when a part is damaged.</remarks>
public sealed class RepositoryLibrary : IDisposable
{
    private const int Batch = 100;

    private readonly IRepositoryCatalog catalog;
    private readonly IBlobStore blobs;
    private readonly LibraryOptions options;
    private readonly StorageLimits limits;
    private readonly ManifestCache cache = new();

    internal RepositoryLibrary(IRepositoryCatalog catalog, IBlobStore blobs, BlobClaims claims, LibraryOptions options, StorageLimits limits)
    {
        this.catalog = catalog;
        this.blobs = blobs;
        this.options = options;
        this.limits = limits;
        Uploads = new(catalog, blobs, claims, options, limits);
    }

    /// <summary>Raised when the manifests or tags of a repository have changed, on the writer's thread: handlers are short and do not throw.</summary>
    public event EventHandler<RepositoryChangedEventArgs>? Changed;

    /// <summary>What was made of the tags.</summary>
    public IPublishedTags Published => catalog.Published;

    /// <summary>Blobs on their way in.</summary>
    public BlobUploads Uploads { get; }

    public Task<bool> ExistsAsync(string repository, CancellationToken cancellation) => catalog.ExistsAsync(repository, cancellation);

    /// <inheritdoc cref="IRepositoryCatalog.ListAsync"/>
    public Task<IReadOnlyList<string>> ListAsync(string after, int limit, CancellationToken cancellation) =>
        catalog.ListAsync(after, limit, cancellation);

    /// <summary>What a repository has under a digest; null when it does not.</summary>
    public Task<RepositoryBlob?> FindBlobAsync(string repository, string digest, CancellationToken cancellation) =>
        catalog.FindBlobAsync(repository, digest, cancellation);

    /// <summary>The same for somebody who is about to push a manifest that needs it: it stays for the whole grace from now.</summary>
    public Task<RepositoryBlob?> RenewBlobAsync(string repository, string digest, CancellationToken cancellation) =>
        catalog.RenewBlobAsync(repository, digest, options.Time.GetUtcNow(), cancellation);

    /// <summary>The bytes of a blob; null when they are gone.</summary>
    public ValueTask<Blob?> OpenBlobAsync(RepositoryBlob blob, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(blob);
        return blobs.OpenAsync(blob.Bytes, cancellation);
    }

    /// <inheritdoc cref="IRepositoryCatalog.FindHoldersAsync"/>
    public Task<IReadOnlyList<string>> FindHoldersAsync(string digest, int limit, CancellationToken cancellation) =>
        catalog.FindHoldersAsync(digest, limit, cancellation);

    /// <summary>Gives a blob of one repository to another one too, without copying it; null when the first does not have it.</summary>
    public Task<RepositoryBlob?> MountBlobAsync(string from, string repository, string digest, CancellationToken cancellation) =>
        catalog.MountBlobAsync(from, repository, digest, options.Time.GetUtcNow(), cancellation);

    /// <inheritdoc cref="IRepositoryCatalog.DeleteBlobAsync"/>
    public Task<bool> DeleteBlobAsync(string repository, string digest, CancellationToken cancellation) =>
        catalog.DeleteBlobAsync(repository, digest, options.Time.GetUtcNow(), cancellation);

    /// <summary>A manifest by its digest; null when there is none.</summary>
    public ValueTask<StoredManifest?> FindManifestAsync(string repository, string digest, CancellationToken cancellation) =>
        cache.GetAsync(repository, digest, () => catalog.FindManifestAsync(repository, digest, cancellation));

    /// <summary>The manifest that a tag leads to; null when there is no such tag.</summary>
    public ValueTask<StoredManifest?> FindTaggedAsync(string repository, string tag, CancellationToken cancellation) =>
        cache.GetAsync(repository, tag, () => catalog.FindTaggedAsync(repository, tag, cancellation));

    /// <summary>Makes a manifest visible, with its tags.</summary>
    /// <exception cref="RepositoryException">MissingContent, WrongSize.</exception>
    public Task PushManifestAsync(string repository, ManifestPush push, CancellationToken cancellation) => ChangeAsync(repository, async () =>
    {
        limits.Expect(0);
        await catalog.PushManifestAsync(repository, push, options.Time.GetUtcNow(), cancellation);
        return true;
    });

    /// <summary>Deletes a manifest with its tags. False when there is none.</summary>
    public Task<bool> DeleteManifestAsync(string repository, string digest, CancellationToken cancellation) =>
        ChangeAsync(repository, () => catalog.DeleteManifestAsync(repository, digest, options.Time.GetUtcNow(), cancellation));

    /// <returns>False when there is no such tag.</returns>
    public Task<bool> DeleteTagAsync(string repository, string tag, CancellationToken cancellation) =>
        ChangeAsync(repository, () => catalog.DeleteTagAsync(repository, tag, cancellation));

    /// <inheritdoc cref="IRepositoryCatalog.ListTagsAsync"/>
    public Task<IReadOnlyList<string>> ListTagsAsync(string repository, string after, int limit, CancellationToken cancellation) =>
        catalog.ListTagsAsync(repository, after, limit, cancellation);

    /// <inheritdoc cref="IRepositoryCatalog.ListReferrersAsync"/>
    public Task<IReadOnlyList<Referrer>> ListReferrersAsync(
        string repository, string subject, string? artifactType, string after, int limit, long annotations, CancellationToken cancellation) =>
        catalog.ListReferrersAsync(repository, subject, artifactType, after, limit, annotations, cancellation);

    /// <summary>Gives up pushed blobs that no manifest needs, and unfinished uploads, after their grace.</summary>
    internal async Task ExpireAsync(CancellationToken cancellation)
    {
        await Uploads.ExpireAsync(cancellation);
        int expired;
        do
        {
            var now = options.Time.GetUtcNow();
            expired = await catalog.ExpireAsync(now - options.PushGrace, now, Batch, cancellation);
        }
        while (expired == Batch);
    }

    public void Dispose() => Uploads.Dispose();

    private async Task<bool> ChangeAsync(string repository, Func<Task<bool>> change)
    {
        try
        {
            if (!await change())
                return false;
        }
        finally
        {
            cache.Forget(repository);
        }

        Changed?.Invoke(this, new(repository));
        return true;
    }
}

/// <summary>Which repository has changed.</summary>
public sealed class RepositoryChangedEventArgs(string repository) : EventArgs
{
    public string Repository { get; } = repository;
}
