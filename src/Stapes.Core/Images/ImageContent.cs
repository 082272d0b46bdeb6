namespace Stapes.Core.Images;

/// <summary>What the files of an image hold, and whether they are whole, read while they pass an <see cref="IngestStream"/>.</summary>
internal static class ImageContent
{
    /// <param name="input">The metadata tarball, or the whole of a unified image.</param>
    /// <param name="ingest">The stream over it.</param>
    /// <param name="unified">Whether a root file system or disk must be in it too.</param>
    /// <param name="whole">Whether every byte has to pass; without that a unified image is read as far as its metadata and its root have shown.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The content, and the usual end of such a file's name.</returns>
    /// <exception cref="StapesException">It is no metadata of an image.</exception>
    public static async Task<(MetadataTarball Content, string Extension)> ReadMetadataAsync(
        ImageInput input, IngestStream ingest, bool unified, bool whole, CancellationToken cancellation)
    {
        await using var tarball = await Tarball.OpenAsync(input.Name, ingest, cancellation)
            ?? throw new StapesException(ErrorKind.Invalid,
                $"{input.Name} is not a tarball: give the metadata tarball first, of any of the compressions none, gzip, bzip2, xz, lzma, zstd");
        var content = await MetadataTarball.ReadAsync(tarball, unified, toEnd: whole || !unified, cancellation);
        if (whole)
            await ingest.DrainAsync(cancellation);
        tarball.CheckEnd(input.File, cancellation);
        return (content, tarball.Extension);
    }

    /// <param name="input">The root file system or disk.</param>
    /// <param name="ingest">The stream over it.</param>
    /// <param name="whole">Whether every byte has to pass; without that a tarball is looked at only at its start and its end.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>Its form, and the usual end of such a file's name.</returns>
    /// <exception cref="StapesException">It is no root that Incus can use, or cut off.</exception>
    public static async Task<(RootFormat Format, string Extension)> ReadRootAsync(
        ImageInput input, IngestStream ingest, bool whole, CancellationToken cancellation)
    {
        await using var tarball = await Tarball.OpenAsync(input.Name, ingest, cancellation);
        if (tarball is not null)
        {
            await tarball.RequireTarAsync(cancellation);
            if (whole)
            {
                await tarball.ReadToEndAsync(cancellation);
                await ingest.DrainAsync(cancellation);
            }

            tarball.CheckEnd(input.File, cancellation);
            return (RootFormat.Tarball, tarball.Extension);
        }

        var header = ingest.Header;
        if (whole)
            await ingest.DrainAsync(cancellation);
        if (SquashfsSuperblock.Matches(header.Span))
        {
            SquashfsSuperblock.Check(header.Span, RandomAccess.GetLength(input.File), input.Name);
            return (RootFormat.Squashfs, ".squashfs");
        }

        if (QcowImage.Matches(header.Span))
        {
            QcowImage.Check(input.File, input.Name);
            return (RootFormat.Qcow2, ".qcow2");
        }

        throw new StapesException(ErrorKind.Invalid,
            $"{input.Name} is neither a squashfs, a qcow2 disk nor a tarball; convert a disk with `qemu-img convert -O qcow2`");
    }
}
