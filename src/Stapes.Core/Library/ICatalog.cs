using Stapes.Core.Images;
using Stapes.Core.Repositories;

namespace Stapes.Core.Library;

/// <summary>
/// The truth about which images are kept, under which aliases, and which blobs they need. Every method is one transaction that either
/// happens as a whole or not at all. What has returned survives a power cut, unless a method says otherwise. Methods may be called side by side.
/// </summary>
/// <remarks>
/// A blob is in one of these states: claimed (somebody is about to store it or to refer to it), referred to by images or repositories, released
/// (none refers to it since a moment), never used (claimed once, by an import that failed), or marked (its bytes are being deleted).
/// Released and never used blobs that nobody claims can be marked; a marked one can only be forgotten. One caller at a time marks,
/// deletes and forgets: a second one could delete bytes that were stored again in between.
/// All methods throw <see cref="StapesException"/>: Full when the disk is full, Unavailable when the catalogue is damaged or out of reach.
/// </remarks>
public interface ICatalog : IAsyncDisposable
{
    /// <summary>The repositories of the registry, whose blobs are counted together with those of images.</summary>
    IRepositoryCatalog Repositories { get; }

    /// <summary>Everything that is kept, as one transaction sees it.</summary>
    Task<ImageSnapshot> LoadAsync(CancellationToken cancellation);

    /// <summary>The present generation; as quick as a sign of life ought to be.</summary>
    Task<long> GetGenerationAsync(CancellationToken cancellation);

    /// <summary>Claims blobs before their bytes are stored. May be lost in a power cut, but not when only the process ends.</summary>
    /// <param name="claim">A new identifier, under which the claim ends in <see cref="AddImageAsync"/> or <see cref="ReleaseClaimAsync"/>.</param>
    /// <param name="files">The blobs.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>False when one of them is marked: nothing is claimed then, and the caller tries again a little later.</returns>
    Task<bool> TryClaimAsync(Guid claim, IReadOnlyCollection<ImageFile> files, CancellationToken cancellation);

    /// <summary>Ends a claim whose import failed; no error when there is none.</summary>
    Task ReleaseClaimAsync(Guid claim, CancellationToken cancellation);

    /// <summary>Ends all claims: those of a process that is gone, when the caller knows that there is no other.</summary>
    Task ReleaseAllClaimsAsync(CancellationToken cancellation);

    /// <summary>Makes an image visible, with the aliases that it names, and ends its claim.</summary>
    /// <param name="claim">Claims all files of the image.</param>
    /// <param name="image">The image.</param>
    /// <param name="replaceAliases">Whether its aliases may be taken from another image of its type and architecture.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">Conflict: the image is there already, or an alias leads to another one.</exception>
    Task<CatalogChange> AddImageAsync(Guid claim, Image image, bool replaceAliases, CancellationToken cancellation);

    /// <summary>Changes what may change of an image: everything but its identity, its files, its type and architecture, and its aliases.</summary>
    /// <param name="key">The image.</param>
    /// <param name="change">Makes the new record from the present one, in the transaction; what it throws ends that.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">NotFound.</exception>
    Task<CatalogChange> UpdateImageAsync(ImageKey key, Func<Image, Image> change, CancellationToken cancellation);

    /// <summary>Deletes an image and the aliases that lead to nothing else; its blobs are released.</summary>
    /// <param name="key">The image.</param>
    /// <param name="precondition">Looks at the present record, in the transaction; what it throws ends that.</param>
    /// <param name="now">The time of the release.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">NotFound.</exception>
    Task<CatalogChange> DeleteImageAsync(ImageKey key, Action<Image> precondition, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Notes when an image was used; no change of the generation. May be lost in a power cut. No error when there is no such image.</summary>
    Task TouchImageAsync(ImageKey key, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Makes, changes or deletes an alias.</summary>
    /// <param name="key">The alias.</param>
    /// <param name="change">
    /// Makes the new record from the present one, in the transaction; null stands for none on either side, and what it throws ends
    /// the transaction. Of each target only the fingerprint is looked at: type and architecture are its image's. A record of another name renames.
    /// </param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">
    /// NotFound: a target is no image of the project. Conflict: two targets have one type and architecture, or the new name is taken.
    /// </exception>
    Task<CatalogChange> ChangeAliasAsync(AliasKey key, Func<Alias?, Alias?> change, CancellationToken cancellation);

    /// <summary>
    /// Whether an image that the audience may see refers to the blob, or a public one did so until it was deleted after <paramref name="deletedAfter"/>.
    /// </summary>
    Task<bool> IsVisibleAsync(Sha256Digest digest, Audience audience, DateTimeOffset deletedAfter, CancellationToken cancellation);

    /// <summary>Marks blobs whose bytes can go: never used, or released before <paramref name="releasedBefore"/>; claimed ones stay.</summary>
    /// <param name="releasedBefore">The end of the grace period.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The marked blobs, with those that were marked before and not forgotten.</returns>
    Task<IReadOnlyList<Sha256Digest>> MarkAsync(DateTimeOffset releasedBefore, int limit, CancellationToken cancellation);

    /// <summary>Marks those of the stored blobs that the catalogue knows nothing of.</summary>
    /// <returns>The newly marked ones.</returns>
    Task<IReadOnlyList<Sha256Digest>> MarkUnknownAsync(IReadOnlyCollection<Sha256Digest> stored, CancellationToken cancellation);

    /// <summary>Forgets marked blobs, after their bytes are gone for good. Others are left alone.</summary>
    Task ForgetAsync(IReadOnlyCollection<Sha256Digest> marked, CancellationToken cancellation);
}

/// <summary>What a transaction changed.</summary>
/// <param name="Generation">The new generation.</param>
/// <param name="Images">The new records of the images that it touched; null for a deleted one.</param>
/// <param name="Aliases">The new records of the aliases that it touched; null for a deleted one.</param>
public sealed record CatalogChange(
    long Generation, IReadOnlyDictionary<ImageKey, Image?> Images, IReadOnlyDictionary<AliasKey, Alias?> Aliases);
