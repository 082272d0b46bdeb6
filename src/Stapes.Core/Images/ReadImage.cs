namespace Stapes.Core.Images;

/// <summary>One file of an image, as it was read.</summary>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Extension">The usual end of such a file's name, with its dot: <c>.squashfs</c>, <c>.qcow2</c>, <c>.tar.xz</c>, …</param>
public sealed record ImageFile(Sha256Digest Digest, long Size, string Extension);

/// <summary>What <see cref="ImageReader"/> found in the file or the two files of an image.</summary>
public sealed record ReadImage
{
    public required ImageMetadata Metadata { get; init; }

    public required ImageType Type { get; init; }

    /// <summary>The metadata tarball; of a unified image the only file.</summary>
    public required ImageFile MetadataFile { get; init; }

    /// <summary>The root file system or disk; null for a unified image.</summary>
    public ImageFile? RootFile { get; init; }

    /// <summary>The form of <see cref="RootFile"/>; null for a unified image.</summary>
    public RootFormat? RootFormat { get; init; }

    /// <summary>SHA-256 over the metadata file followed by the root file; of a unified image over its one file.</summary>
    public required Sha256Digest Fingerprint { get; init; }
}
