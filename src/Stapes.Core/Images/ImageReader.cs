using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Images;

/// <summary>A file of an image to be read.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Source">Its bytes, from the first to the last; read once.</param>
/// <param name="File">The file, or its copy: looked at again, here and there, when all bytes have passed.</param>
/// <param name="Copy">Takes the bytes while they pass; null when there is nothing to copy.</param>
/// <param name="Progress">Is told the number of bytes of each piece that has passed.</param>
public sealed record ImageInput(string Name, Stream Source, SafeFileHandle File, Stream? Copy = null, Action<long>? Progress = null);

/// <summary>
/// Reads an image: hashes and copies its files in one pass, finds its metadata, and refuses what is no whole image. Memory does not
/// grow with the size. Source: Incus documentation, «Image format».
/// </summary>
public static class ImageReader
{
    /// <param name="metadata">The metadata tarball, or the whole of a unified image.</param>
    /// <param name="root">The root file system or disk of a split image; null for a unified one.</param>
    /// <exception cref="StapesException">A file is empty, damaged, cut off or of a kind that Incus cannot use.</exception>
    public static async Task<ReadImage> ReadAsync(ImageInput metadata, ImageInput? root, CancellationToken cancellation)
    {
        using var combined = new Sha256Hasher();
        var (metadataFile, tarball) = await ReadMetadataAsync(metadata, combined, unified: root is null, cancellation);
        if (root is null)
        {
            return new()
            {
                Metadata = tarball.Metadata,
                Type = tarball.Root is TarballRoot.Disk ? ImageType.VirtualMachine : ImageType.Container,
                MetadataFile = metadataFile,
                Fingerprint = metadataFile.Digest,
            };
        }

        var (rootFile, format) = await ReadRootAsync(root, combined, cancellation);
        return new()
        {
            Metadata = tarball.Metadata,
            Type = format is RootFormat.Qcow2 ? ImageType.VirtualMachine : ImageType.Container,
            MetadataFile = metadataFile,
            RootFile = rootFile,
            RootFormat = format,
            Fingerprint = combined.Finish(),
        };
    }

    private static async Task<(ImageFile, MetadataTarball)> ReadMetadataAsync(
        ImageInput input, Sha256Hasher combined, bool unified, CancellationToken cancellation)
    {
        using var digest = new Sha256Hasher();
        await using var ingest = new IngestStream(input, unified ? [digest] : [digest, combined]);
        await using var tarball = await Tarball.OpenAsync(input.Name, ingest, cancellation)
            ?? throw new StapesException(ErrorKind.Invalid,
                $"{input.Name} is not a tarball: give the metadata tarball first, of any of the compressions none, gzip, bzip2, xz, lzma, zstd");
        var content = await MetadataTarball.ReadAsync(tarball, unified, cancellation);
        await ingest.DrainAsync(cancellation);
        tarball.CheckEnd(input.File, cancellation);
        return (new(digest.Finish(), ingest.BytesRead, tarball.Extension), content);
    }

    private static async Task<(ImageFile, RootFormat)> ReadRootAsync(ImageInput input, Sha256Hasher combined, CancellationToken cancellation)
    {
        using var digest = new Sha256Hasher();
        await using var ingest = new IngestStream(input, [digest, combined]);
        await using var tarball = await Tarball.OpenAsync(input.Name, ingest, cancellation);
        if (tarball is not null)
        {
            await tarball.RequireTarAsync(cancellation);
            await tarball.ReadToEndAsync(cancellation);
            await ingest.DrainAsync(cancellation);
            tarball.CheckEnd(input.File, cancellation);
            return (new(digest.Finish(), ingest.BytesRead, tarball.Extension), RootFormat.Tarball);
        }

        var header = ingest.Header;
        await ingest.DrainAsync(cancellation);
        if (SquashfsSuperblock.Matches(header.Span))
        {
            SquashfsSuperblock.Check(header.Span, ingest.BytesRead, input.Name);
            return (new(digest.Finish(), ingest.BytesRead, ".squashfs"), RootFormat.Squashfs);
        }

        if (QcowImage.Matches(header.Span))
        {
            QcowImage.Check(input.File, input.Name);
            return (new(digest.Finish(), ingest.BytesRead, ".qcow2"), RootFormat.Qcow2);
        }

        throw new StapesException(ErrorKind.Invalid,
            $"{input.Name} is neither a squashfs, a qcow2 disk nor a tarball; convert a disk with `qemu-img convert -O qcow2`");
    }
}
