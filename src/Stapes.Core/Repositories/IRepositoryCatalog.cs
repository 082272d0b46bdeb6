namespace Stapes.Core.Repositories;

/// <summary>
/// The truth about repositories: which blobs, manifests and tags they have. Every method is one transaction. What has returned survives
/// a power cut, unless a method says otherwise. Methods may be called side by side.
/// </summary>
/// <remarks>
/// A repository comes into being with its first blob or manifest. A blob of a repository counts as referred to, so that it is never
/// collected; it leaves its repository when it is deleted, or when no manifest has needed it for a while (<see cref="ExpireAsync"/>). All
/// methods throw <see cref="StapesException"/>: Full when the disk is full, Unavailable when the catalogue is damaged or out of reach.
/// </remarks>
public interface IRepositoryCatalog
{
    /// <summary>What was made of the tags.</summary>
    IPublishedTags Published { get; }

    Task<bool> ExistsAsync(string repository, CancellationToken cancellation);

    /// <summary>Repositories in the order of their names, from behind <paramref name="after"/>.</summary>
    Task<IReadOnlyList<string>> ListAsync(string after, int limit, CancellationToken cancellation);

    /// <summary>Null when the repository does not have the blob.</summary>
    Task<RepositoryBlob?> FindBlobAsync(string repository, string digest, CancellationToken cancellation);

    /// <summary>Finds a blob that the caller is about to use in a manifest: if none needs it, its time begins anew. May be lost in a power cut.</summary>
    Task<RepositoryBlob?> RenewBlobAsync(string repository, string digest, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Gives a blob, whose bytes are stored and claimed, to a repository, and ends the claim. Without a manifest it may be lost in a power cut.</summary>
    Task AddBlobAsync(Guid claim, string repository, RepositoryBlob blob, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Some repositories that have a blob.</summary>
    Task<IReadOnlyList<string>> FindHoldersAsync(string digest, int limit, CancellationToken cancellation);

    /// <summary>Gives a blob of one repository to another one too; null when the first does not have it.</summary>
    Task<RepositoryBlob?> MountBlobAsync(string from, string repository, string digest, DateTimeOffset now, CancellationToken cancellation);

    /// <returns>False when there is no such blob.</returns>
    /// <exception cref="RepositoryException">InUse: a manifest needs it.</exception>
    Task<bool> DeleteBlobAsync(string repository, string digest, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Stores a manifest, in place of the same one, and leads its tags to it.</summary>
    /// <exception cref="RepositoryException">MissingContent: the repository lacks what it names. WrongSize: it has it in another size.</exception>
    Task PushManifestAsync(string repository, ManifestPush push, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Null when there is none of that digest.</summary>
    Task<StoredManifest?> FindManifestAsync(string repository, string digest, CancellationToken cancellation);

    /// <summary>Null when there is no such tag.</summary>
    Task<StoredManifest?> FindTaggedAsync(string repository, string tag, CancellationToken cancellation);

    /// <summary>Deletes a manifest with the tags that lead to it; its blobs stay for a while. False when there is none.</summary>
    Task<bool> DeleteManifestAsync(string repository, string digest, DateTimeOffset now, CancellationToken cancellation);

    /// <returns>False when there is no such tag.</returns>
    Task<bool> DeleteTagAsync(string repository, string tag, CancellationToken cancellation);

    /// <summary>Tags in the order of their bytes, from behind <paramref name="after"/>.</summary>
    Task<IReadOnlyList<string>> ListTagsAsync(string repository, string after, int limit, CancellationToken cancellation);

    /// <summary>The manifests that are about a digest, in the order of their own, from behind <paramref name="after"/>.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="subject">The digest.</param>
    /// <param name="artifactType">Only those of this type; null for all.</param>
    /// <param name="after">A digest; empty to begin.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="annotations">How long all their annotations may be, in characters; the one that goes beyond is the last, but there are two where there are.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<IReadOnlyList<Referrer>> ListReferrersAsync(
        string repository, string subject, string? artifactType, string after, int limit, long annotations, CancellationToken cancellation);

    /// <summary>Notes that an upload has begun. May be lost in a power cut.</summary>
    Task AddUploadAsync(UploadRecord upload, CancellationToken cancellation);

    Task<UploadRecord?> FindUploadAsync(Guid id, CancellationToken cancellation);

    /// <summary>Notes that an upload has ended; no error when there is none. May be lost in a power cut.</summary>
    Task DeleteUploadAsync(Guid id, CancellationToken cancellation);

    /// <summary>Unfinished uploads, the oldest first.</summary>
    /// <param name="owner">Only those of one owner; null for all.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<IReadOnlyList<UploadRecord>> ListUploadsAsync(string? owner, CancellationToken cancellation);

    /// <summary>Takes blobs that no manifest has needed since <paramref name="idleBefore"/> from their repositories, and forgets empty repositories.</summary>
    /// <returns>How many blobs; the caller goes on until there are none.</returns>
    Task<int> ExpireAsync(DateTimeOffset idleBefore, DateTimeOffset now, int limit, CancellationToken cancellation);
}
