using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Core.Remotes;

/// <summary>A place that images are copied to: a directory with a tree, or a server that lets us write.</summary>
public interface IImageTarget : IDisposable
{
    /// <summary>Where fetched files lie until <see cref="AddAsync"/> takes them: on the target's own file system if it has one.</summary>
    string StagingDirectory { get; }

    /// <summary>Whether it has the image, so that nothing needs to be fetched.</summary>
    Task<bool> HasAsync(Sha256Digest fingerprint, CancellationToken cancellation);

    /// <summary>Adds a fetched image; it is visible there as a whole or not at all.</summary>
    /// <param name="image">What the source says of it.</param>
    /// <param name="files">Its files, which the target may take for its own.</param>
    /// <param name="options">What shall be set about it there.</param>
    /// <param name="cancellation">Ends it; then nothing stays.</param>
    /// <exception cref="StapesException">Conflict: an alias leads to another image.</exception>
    Task AddAsync(RemoteImage image, FetchedFiles files, ImageAddOptions options, CancellationToken cancellation);
}
