using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Transfers;

namespace Stapes.Core.Remotes;

/// <summary>A place that images are copied to: a directory with a tree, or a server that lets us write.</summary>
public interface IImageTarget : IDisposable
{
    /// <summary>Where fetched files lie until <see cref="AddAsync"/> takes them: on the target's own file system if it has one.</summary>
    string StagingDirectory { get; }

    /// <summary>What can be said about the options before anything is fetched.</summary>
    /// <exception cref="StapesException">Invalid: it cannot keep what they want, such as an alias of that name.</exception>
    void Require(ImageAddOptions options);

    /// <summary>A file that it has already, by the SHA-256 of its bytes, on the file system of <see cref="StagingDirectory"/>; null for none.</summary>
    string? FindLocal(Sha256Digest digest);

    /// <summary>Whether it has the image, so that nothing needs to be fetched.</summary>
    Task<bool> HasAsync(Sha256Digest fingerprint, CancellationToken cancellation);

    /// <summary>Adds a fetched image; it is visible there as a whole or not at all.</summary>
    /// <param name="image">What the source says of it.</param>
    /// <param name="files">Its files, which the target may take for its own.</param>
    /// <param name="options">What shall be set about it there.</param>
    /// <param name="watch">Is told how each file is sent; nothing by a target that takes the files as they are. May be null.</param>
    /// <param name="cancellation">Ends it; then nothing stays.</param>
    /// <exception cref="StapesException">Conflict: an alias leads to another image.</exception>
    Task AddAsync(RemoteImage image, FetchedFiles files, ImageAddOptions options, TransferWatch? watch, CancellationToken cancellation);

    /// <summary>Has the aliases of the options lead to an image that is there already, in addition to those that do.</summary>
    /// <exception cref="StapesException">Conflict: an alias leads to another image. NotFound: the image is gone.</exception>
    Task AddAliasesAsync(Sha256Digest fingerprint, ImageAddOptions options, CancellationToken cancellation);
}
