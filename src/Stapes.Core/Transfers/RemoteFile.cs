using Stapes.Core.Images;

namespace Stapes.Core.Transfers;

/// <summary>A file that can be fetched.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Digest">What its bytes must hash to.</param>
/// <param name="Size">Its bytes; null when nobody said.</param>
/// <param name="OpenAsync">Opens it.</param>
public sealed record RemoteFile(string Name, Sha256Digest Digest, long? Size, OpenRemoteFile OpenAsync);

/// <summary>
/// Opens a file for reading from an offset on. <see cref="IOException"/> and a <see cref="StapesException"/> of the kind Unavailable
/// tell a failure that may be over the next time; every other <see cref="StapesException"/> is the end.
/// </summary>
/// <param name="offset">The first byte that is wanted.</param>
/// <param name="validator">What an earlier answer told of the version of the file; null for any version.</param>
/// <param name="cancellation">Ends the opening.</param>
public delegate Task<RemoteBody> OpenRemoteFile(long offset, string? validator, CancellationToken cancellation);

/// <summary>An answer with bytes of a file. Reading throws what opening throws.</summary>
/// <param name="content">The bytes, to the end of the file.</param>
/// <param name="owner">Is disposed with the answer; may be null.</param>
public sealed class RemoteBody(Stream content, IDisposable? owner = null) : IDisposable
{
    public Stream Content { get; } = content;

    /// <summary>Where the bytes start: at most the offset that was asked for. A server that cannot continue starts again at 0.</summary>
    public long Offset { get; init; }

    /// <summary>The size of the whole file; null when the server does not say.</summary>
    public long? Total { get; init; }

    /// <summary>To be handed to the next opening; null when the server has nothing that identifies a version for certain.</summary>
    public string? Validator { get; init; }

    public void Dispose()
    {
        Content.Dispose();
        owner?.Dispose();
    }
}
