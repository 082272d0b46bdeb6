using Stapes.Core.Images;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Core.Storage;

/// <summary>
/// Immutable bytes by their SHA-256. A blob is there as a whole or not at all, also after a crash or a power cut. Methods may be
/// called side by side, also for one digest. Who needs which blob is not known here: see <c>ICatalog</c>.
/// </summary>
/// <remarks>All methods throw <see cref="StapesException"/>: Full when there is no space, Unavailable when the storage fails.</remarks>
public interface IBlobStore
{
    /// <summary>How much fits in, in bytes; null where nobody can say.</summary>
    (long Free, long Total)? GetSpace();

    /// <summary>A file to write new bytes to, in a place that <see cref="PutAsync"/> takes them from without copying where it can.</summary>
    StagedFile Stage();

    /// <summary>Where files may be staged that others write, to be taken by <see cref="PutAsync"/> as well; made when missing.</summary>
    string StagingDirectory { get; }

    /// <summary>Stores a staged file's bytes. In place of those that are there already, which cures a damaged copy. Survives a power cut.</summary>
    /// <param name="digest">The digest of the bytes; the caller has computed it.</param>
    /// <param name="file">A file from <see cref="Stage"/> or in <see cref="StagingDirectory"/>, completely written.</param>
    /// <param name="cancellation">Ends it before the blob is there.</param>
    Task PutAsync(Sha256Digest digest, StagedFile file, CancellationToken cancellation);

    /// <summary>Opens a blob; null when it is not there. What is opened stays readable although it is deleted.</summary>
    ValueTask<Blob?> OpenAsync(Sha256Digest digest, CancellationToken cancellation);

    /// <summary>Deletes blobs, so that they stay deleted after a power cut; no error when one is not there.</summary>
    Task DeleteAsync(IReadOnlyCollection<Sha256Digest> digests, CancellationToken cancellation);

    /// <summary>All stored blobs, in no order. Those that come or go meanwhile may be in it or not.</summary>
    IAsyncEnumerable<Sha256Digest> ListAsync(CancellationToken cancellation);

    /// <summary>Deletes staged files whose processes are gone; parts, that can be continued, when nobody did so for long.</summary>
    /// <returns>How many were deleted.</returns>
    int CleanUp();
}
