using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Images;

/// <summary>A file of an image whose bytes are known already.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="File">The same, open for reading.</param>
/// <param name="Digest">SHA-256 of its bytes.</param>
/// <param name="Size">Bytes.</param>
public sealed record HashedFile(string Name, string Path, SafeFileHandle File, Sha256Digest Digest, long Size);

/// <summary>
/// Looks at an image whose files were hashed while they came: what it is, and whether Incus can use it. Reads no more than that takes:
/// the metadata, the start of a root, and the tables of a disk.
/// </summary>
public static class ImageInspector
{
    /// <param name="metadata">The metadata tarball, or the whole of a unified image.</param>
    /// <param name="root">The root file system or disk; null for a unified image.</param>
    /// <param name="fingerprint">SHA-256 over both files.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="StapesException">A file is empty, cut off or of a kind that Incus cannot use.</exception>
    public static async Task<ReadImage> InspectAsync(HashedFile metadata, HashedFile? root, Sha256Digest fingerprint, CancellationToken cancellation)
    {
        var (content, extension) = await ReadAsync(metadata, (input, ingest) =>
            ImageContent.ReadMetadataAsync(input, ingest, unified: root is null, whole: false, cancellation));
        var read = new ReadImage
        {
            Metadata = content.Metadata,
            Type = content.Root is TarballRoot.Disk ? ImageType.VirtualMachine : ImageType.Container,
            MetadataFile = new(metadata.Digest, metadata.Size, extension),
            Fingerprint = fingerprint,
        };
        if (root is null)
            return read;
        var (format, rootExtension) = await ReadAsync(root, (input, ingest) => ImageContent.ReadRootAsync(input, ingest, whole: false, cancellation));
        return read with
        {
            Type = format is RootFormat.Qcow2 ? ImageType.VirtualMachine : ImageType.Container,
            RootFile = new(root.Digest, root.Size, rootExtension),
            RootFormat = format,
        };
    }

    private static async Task<T> ReadAsync<T>(HashedFile file, Func<ImageInput, IngestStream, Task<T>> read)
    {
        await using var stream = new FileStream(file.Path, new FileStreamOptions { BufferSize = 0, Share = FileShare.ReadWrite | FileShare.Delete });
        var input = new ImageInput(file.Name, stream, file.File);
        await using var ingest = new IngestStream(input, []);
        return await read(input, ingest);
    }
}
