using Stapes.Core.Images;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Core.Remotes;

/// <summary>The files of an image, fetched and found to have its fingerprint. What is not moved to a name goes when this is disposed.</summary>
/// <param name="Metadata">The metadata tarball; of a unified image the whole of it.</param>
/// <param name="Root">The root file system or disk; null for a unified image.</param>
public sealed record FetchedFiles(FetchedImageFile Metadata, FetchedImageFile? Root) : IDisposable
{
    /// <summary>
    /// The fingerprint of files that were made here, out of an application image: it is the image's from now on, in place of the one that
    /// the remote told of. Null for files that came as they are.
    /// </summary>
    public Sha256Digest? MadeFingerprint { get; init; }

    public void Dispose()
    {
        Metadata.Content.Dispose();
        Root?.Content.Dispose();
    }
}

/// <summary>One fetched file, not flushed yet.</summary>
/// <param name="Name">The name that the remote gives it, without a directory; empty when it gives none.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Digest">Their SHA-256.</param>
/// <param name="Size">How many they are.</param>
public sealed record FetchedImageFile(string Name, StagedFile Content, Sha256Digest Digest, long Size);
