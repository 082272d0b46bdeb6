using Stapes.Core.Images;
using Stapes.Core.Storage;

namespace Stapes.Core.Library;

/// <summary>Something that images can be read from and served: the library, a directory, a remote server.</summary>
public interface IImageSource
{
    /// <summary>
    /// All images at one moment. Cheap: the same object until something changes; only the first call may read a catalogue.
    /// </summary>
    /// <exception cref="StapesException">The source cannot be read.</exception>
    ValueTask<ImageSnapshot> GetSnapshotAsync(CancellationToken cancellation);

    /// <summary>
    /// The bytes of an image's file; null when they are not there, or not for that audience. The files of a deleted image stay for the
    /// grace period: those of a public one to everybody, those of a private one to whoever sees all projects. Opened bytes stay
    /// readable until disposed, whatever is deleted meanwhile.
    /// </summary>
    ValueTask<Blob?> OpenBlobAsync(Sha256Digest digest, Audience audience, CancellationToken cancellation);

    /// <summary>
    /// Raised when a snapshot with a new generation can be read, on the writer's thread: handlers are short and do not throw. Before
    /// the first snapshot was read it may not be raised.
    /// </summary>
    event EventHandler? Changed;
}
