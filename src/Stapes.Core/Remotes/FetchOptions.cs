using Stapes.Core.Images;
using Stapes.Core.Transfers;

namespace Stapes.Core.Remotes;

/// <summary>How an image is fetched.</summary>
/// <param name="Directory">Where its files lie until they get their names: on the file system that they go to. Made when missing.</param>
public sealed record FetchOptions(string Directory)
{
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Is told how each file comes; null when nobody wants to know.</summary>
    public TransferWatch? Watch { get; init; }

    /// <summary>
    /// Finds a file that is here already, on the file system of the directory, by the SHA-256 of its bytes: then it is not fetched, and it can
    /// be the base of a delta. Null for none.
    /// </summary>
    public Func<Sha256Digest, string?> FindLocal { get; init; } = static _ => null;
}
