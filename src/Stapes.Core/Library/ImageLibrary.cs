using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Repositories;
using Stapes.Core.Storage;

namespace Stapes.Core.Library;

/// <summary>
/// The images that a server keeps: the only writer of its catalogue and its blobs. Every write is visible in the next snapshot when its
/// task ends, and survives a power cut. Methods may be called side by side.
/// </summary>
/// <remarks>All methods throw <see cref="StapesException"/>: Full when the disk is full, Unavailable when a part is damaged.</remarks>
public sealed class ImageLibrary : IImageSource, IAsyncDisposable
{
    private static readonly TimeSpan TouchEvery = TimeSpan.FromHours(1);

    private readonly ICatalog catalog;
    private readonly IBlobStore blobs;
    private readonly LibraryOptions options;
    private readonly IDisposable? owned;
    private readonly SnapshotKeeper snapshots;
    private readonly BlobCollector collector;
    private readonly ImageImport import;

    private ImageLibrary(ICatalog catalog, IBlobStore blobs, LibraryOptions options, IDisposable? owned)
    {
        this.catalog = catalog;
        this.blobs = blobs;
        this.options = options;
        this.owned = owned;
        snapshots = new(catalog);
        collector = new(catalog, blobs, options);
        Limits = new(blobs, options.UploadLimit, options.FreeSpace);
        var claims = new BlobClaims(catalog, collector);
        import = new(catalog, blobs, snapshots, claims);
        Repositories = new(catalog.Repositories, blobs, claims, options, Limits);
    }

    /// <summary>How much may come in.</summary>
    public StorageLimits Limits { get; }

    /// <summary>The repositories of the registry, whose blobs lie among those of images.</summary>
    public RepositoryLibrary Repositories { get; }

    public event EventHandler? Changed
    {
        add => snapshots.Changed += value;
        remove => snapshots.Changed -= value;
    }

    /// <summary>
    /// Opens a library. The caller knows that no other process has it open. What a killed process left behind goes with
    /// <see cref="CleanUpAsync"/>.
    /// </summary>
    /// <param name="catalog">The catalogue, which the library disposes.</param>
    /// <param name="blobs">The bytes.</param>
    /// <param name="options">How it works.</param>
    /// <param name="owned">Disposed after the library: what keeps others out. Null for nothing.</param>
    /// <param name="cancellation">Ends the opening.</param>
    public static async Task<ImageLibrary> OpenAsync(
        ICatalog catalog, IBlobStore blobs, LibraryOptions options, IDisposable? owned, CancellationToken cancellation)
    {
        await catalog.ReleaseAllClaimsAsync(cancellation);
        return new(catalog, blobs, options, owned);
    }

    public ValueTask<ImageSnapshot> GetSnapshotAsync(CancellationToken cancellation) => snapshots.GetAsync(cancellation);

    /// <summary>Lets go of the memory that the snapshot takes, until somebody asks for it again; of the same generation then.</summary>
    public void ReleaseSnapshot() => snapshots.Release();

    /// <summary>Makes sure that the catalogue can be read, without reading the images.</summary>
    /// <exception cref="StapesException">Unavailable: it cannot.</exception>
    public Task CheckAsync(CancellationToken cancellation) => catalog.GetGenerationAsync(cancellation);

    public async ValueTask<Blob?> OpenBlobAsync(Sha256Digest digest, Audience audience, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(audience);
        if (!audience.Equals(Audience.Trusted)
            && !await catalog.IsVisibleAsync(digest, audience, options.Time.GetUtcNow() - options.Grace, cancellation))
        {
            return null;
        }

        return await blobs.OpenAsync(digest, cancellation);
    }

    /// <summary>Reads an image to the disk, hashed and checked, without making it visible. To be disposed, added or not.</summary>
    /// <exception cref="StapesException">Invalid: it is no whole image, or broke off.</exception>
    public Task<StagedUpload> StageAsync(ImageUpload upload, CancellationToken cancellation) =>
        StagedUpload.ReadAsync(blobs, upload, Limits, cancellation);

    /// <summary>Where fetched files may lie that <see cref="StageAsync(FetchedFiles, Sha256Digest, CancellationToken)"/> shall take.</summary>
    public string StagingDirectory => blobs.StagingDirectory;

    /// <summary>
    /// Takes fetched files without copying them or reading all of them again: they were found to have the fingerprint. To be disposed, added or not.
    /// </summary>
    /// <exception cref="StapesException">Invalid: they are no image, or too large. Full: they leave too little space.</exception>
    public Task<StagedUpload> StageAsync(FetchedFiles files, Sha256Digest fingerprint, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(files);
        Limits.Check(0, files.Metadata.Size + (files.Root?.Size ?? 0));
        return StagedUpload.TakeAsync(files, fingerprint, cancellation);
    }

    /// <summary>Makes a staged image visible.</summary>
    /// <exception cref="StapesException">
    /// Invalid: it has not the expected fingerprint. Conflict: the project has it already, or an alias leads to another image.
    /// </exception>
    public Task<Image> AddAsync(StagedUpload staged, ImageAddOptions add, CancellationToken cancellation) =>
        import.AddAsync(staged, add, options.Time.GetUtcNow(), cancellation);

    /// <summary>Stages and adds. An expected fingerprint that is there already is a conflict before anything is read.</summary>
    public async Task<Image> AddAsync(ImageUpload upload, ImageAddOptions add, CancellationToken cancellation)
    {
        await import.CheckAbsentAsync(add, cancellation);
        using var staged = await StageAsync(upload, cancellation);
        return await AddAsync(staged, add, cancellation);
    }

    /// <summary>
    /// Changes what may change of an image: visibility, properties, profiles, expiry, file name, update source and the flags beside it.
    /// </summary>
    /// <param name="key">The image.</param>
    /// <param name="change">
    /// Makes the new record from the present one, while nobody else writes; a <see cref="StapesException"/> that it throws (a
    /// precondition that failed) reaches the caller, and nothing changes.
    /// </param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">NotFound.</exception>
    public async Task<Image> UpdateAsync(ImageKey key, Func<Image, Image> change, CancellationToken cancellation)
    {
        var changed = await snapshots.WriteAsync(() => catalog.UpdateImageAsync(key, change, cancellation), cancellation);
        return changed.Images[key]!;
    }

    /// <summary>Deletes an image and the aliases that lead to nothing else. Its bytes stay readable for the grace period.</summary>
    /// <param name="key">The image.</param>
    /// <param name="precondition">Looks at the present record while nobody else writes; throws to stop. Null for none.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">NotFound.</exception>
    public Task DeleteAsync(ImageKey key, Action<Image>? precondition, CancellationToken cancellation) => snapshots.WriteAsync(
        () => catalog.DeleteImageAsync(key, precondition ?? (static _ => { }), options.Time.GetUtcNow(), cancellation), cancellation);

    /// <summary>Notes that an image was used, at most once an hour; readers of <see cref="Changed"/> do not hear of it.</summary>
    public async Task TouchAsync(ImageKey key, CancellationToken cancellation)
    {
        var now = options.Time.GetUtcNow();
        var snapshot = await GetSnapshotAsync(cancellation);
        if (snapshot.Find(key.Project, key.Fingerprint) is { } image && !(image.LastUsedAt > now - TouchEvery))
            await snapshots.ReplaceAsync(image with { LastUsedAt = now }, () => catalog.TouchImageAsync(key, now, cancellation), cancellation);
    }

    /// <summary>Leads an alias to an image, beside the images of other types and architectures that it leads to.</summary>
    /// <exception cref="StapesException">NotFound: no such image. Conflict: it leads to an image of that type and architecture.</exception>
    public async Task<Alias> CreateAliasAsync(AliasKey key, string description, Sha256Digest target, CancellationToken cancellation)
    {
        ImageImport.CheckAlias(key.Name);
        var added = new AliasTarget(default, Architecture.Local, target);
        var changed = await ChangeAliasAsync(key, present => new()
        {
            Project = key.Project,
            Name = key.Name,
            Description = description.Length > 0 ? description : present?.Description ?? "",
            Targets = present?.Targets.Any(t => t.Fingerprint == target) is true
                ? throw new StapesException(ErrorKind.Conflict, $"The alias {key} leads to the image {target} already")
                : [.. present?.Targets ?? [], added],
        }, cancellation);
        return changed.Aliases[key]!;
    }

    /// <summary>Changes the description or the targets of an alias, or its name.</summary>
    /// <param name="key">The alias.</param>
    /// <param name="change">As in <see cref="UpdateAsync"/>. Of each target only the fingerprint counts; without a target the alias goes.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">
    /// NotFound: no such alias, or a target is no image. Conflict: two targets of one type and architecture, or the new name is taken.
    /// </exception>
    public Task UpdateAliasAsync(AliasKey key, Func<Alias, Alias> change, CancellationToken cancellation) =>
        ChangeAliasAsync(key, present => change(present ?? throw UnknownAlias(key)), cancellation);

    /// <exception cref="StapesException">NotFound: no such alias. Conflict: the new name is taken.</exception>
    public Task RenameAliasAsync(AliasKey key, string name, CancellationToken cancellation)
    {
        ImageImport.CheckAlias(name);
        return UpdateAliasAsync(key, present => present with { Name = name }, cancellation);
    }

    /// <exception cref="StapesException">NotFound: no such alias.</exception>
    public Task DeleteAliasAsync(AliasKey key, CancellationToken cancellation) =>
        ChangeAliasAsync(key, present => present is null ? throw UnknownAlias(key) : null, cancellation);

    /// <summary>Deletes the bytes that no image and no repository has referred to for the grace period. Safe beside every other method.</summary>
    /// <returns>How many blobs were deleted.</returns>
    public async Task<int> CollectAsync(CancellationToken cancellation)
    {
        await Repositories.ExpireAsync(cancellation);
        return await collector.CollectAsync(cancellation);
    }

    /// <summary>
    /// Deletes what a killed process or a power cut left behind: temporary files, bytes that were never used, bytes that the catalogue
    /// does not know. Then collects. Safe beside every other method.
    /// </summary>
    public async Task CleanUpAsync(CancellationToken cancellation)
    {
        await Task.Run(blobs.CleanUp, cancellation);
        await collector.SweepAsync(cancellation);
        await CollectAsync(cancellation);
    }

    /// <summary>Cleans up, then collects now and then, until cancelled. Failures are told to <paramref name="onError"/> and tried again later.</summary>
    public async Task RunCollectorAsync(Action<StapesException> onError, CancellationToken cancellation)
    {
        Func<CancellationToken, Task> work = CleanUpAsync;
        using var timer = new PeriodicTimer(options.CollectEvery, options.Time);
        do
        {
            try
            {
                await work(cancellation);
                work = CollectAsync;
            }
            catch (StapesException e)
            {
                onError(e);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        Repositories.Dispose();
        await catalog.DisposeAsync();
        snapshots.Dispose();
        collector.Dispose();
        owned?.Dispose();
    }

    private Task<CatalogChange> ChangeAliasAsync(AliasKey key, Func<Alias?, Alias?> change, CancellationToken cancellation) =>
        snapshots.WriteAsync(() => catalog.ChangeAliasAsync(key, change, cancellation), cancellation);

    private static StapesException UnknownAlias(AliasKey key) =>
        new(ErrorKind.NotFound, $"There is no alias {key}: list the aliases to see which there are");
}
