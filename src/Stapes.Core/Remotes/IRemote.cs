using Stapes.Core.Images;

namespace Stapes.Core.Remotes;

/// <summary>
/// Somewhere else that images are listed and fetched: a server of any protocol, or a directory. Knows nothing of the command line. Its
/// methods may be called side by side.
/// </summary>
/// <remarks>
/// All methods throw <see cref="StapesException"/> with one line that says what to do: Unavailable when the remote is out of reach or sends
/// what it should not, Forbidden when it does not know us, NotFound when what was there before is gone.
/// </remarks>
public interface IRemote : IDisposable
{
    /// <summary>All images that it shows us, in no order.</summary>
    Task<IReadOnlyList<RemoteImage>> ListAsync(CancellationToken cancellation);

    /// <summary>The image of a name. An alias goes before a fingerprint, as in Incus.</summary>
    /// <param name="name">An alias, a fingerprint, or the start of a fingerprint that no other image has.</param>
    /// <param name="type">Only images of this type; null for any, a container before a virtual machine.</param>
    /// <param name="architecture">Only images of this architecture; null for any, this machine's before others.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="StapesException">Invalid: several fingerprints start so.</exception>
    Task<RemoteImage?> FindAsync(string name, ImageType? type, Architecture? architecture, CancellationToken cancellation);

    /// <summary>Fetches the files of an image, checked against its fingerprint while they pass.</summary>
    /// <param name="image">From <see cref="ListAsync"/> or <see cref="FindAsync"/> of this remote.</param>
    /// <param name="options">Where to, and how.</param>
    /// <param name="cancellation">Ends it; what came stays in <c>.part</c> files where it can be continued.</param>
    Task<FetchedFiles> FetchAsync(RemoteImage image, FetchOptions options, CancellationToken cancellation);
}
