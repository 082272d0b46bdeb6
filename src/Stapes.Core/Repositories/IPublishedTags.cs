using Stapes.Core.Images;

namespace Stapes.Core.Repositories;

/// <summary>
/// What was made of the tags of a registry, so that a start knows what is left to do, and a deletion what to delete. Every method is one
/// transaction. What was written may be lost in a power cut, but not before what was written after it.
/// </summary>
public interface IPublishedTags
{
    /// <summary>Repositories of which something is known, in the order of their names, from behind <paramref name="after"/>.</summary>
    Task<IReadOnlyList<string>> ListRepositoriesAsync(string after, int limit, CancellationToken cancellation);

    /// <summary>Tags that have changed since they were looked at, and those that are gone, in the order of their names.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="project">The project that it belongs to now.</param>
    /// <param name="isPublic">Whether it is public now.</param>
    /// <param name="after">From behind this tag; empty to begin.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<IReadOnlyList<string>> ListChangedAsync(string repository, string project, bool isPublic, string after, int limit, CancellationToken cancellation);

    /// <summary>Null when nothing was made of the tag yet.</summary>
    Task<PublishedTag?> FindAsync(string repository, string tag, CancellationToken cancellation);

    /// <summary>Another tag, of any repository, that led to the same manifest, in the same project and for the same readers; null when there is none.</summary>
    Task<PublishedTag?> FindSameAsync(PublishedTag tag, CancellationToken cancellation);

    Task SetAsync(PublishedTag tag, CancellationToken cancellation);

    /// <summary>Forgets a tag; no error when it is not known.</summary>
    Task DeleteAsync(string repository, string tag, CancellationToken cancellation);

    /// <summary>The tags that lead to an image.</summary>
    Task<IReadOnlyList<ImageHolder>> ListHoldersAsync(string project, Sha256Digest fingerprint, CancellationToken cancellation);
}
