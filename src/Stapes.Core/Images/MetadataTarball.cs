namespace Stapes.Core.Images;

/// <summary>What a unified image holds beside its metadata.</summary>
internal enum TarballRoot
{
    None,
    Directory,
    Disk,
}

/// <summary>The content of a metadata tarball, or of a unified image.</summary>
internal sealed record MetadataTarball(ImageMetadata Metadata, TarballRoot Root)
{
    /// <param name="tarball">The opened tarball.</param>
    /// <param name="unified">Whether a root file system or disk must be in it too.</param>
    /// <param name="toEnd">Whether to read on behind what was looked for, so that damage shows.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="StapesException">It is damaged, has no usable metadata.yaml, or misses its root.</exception>
    public static async Task<MetadataTarball> ReadAsync(Tarball tarball, bool unified, bool toEnd, CancellationToken cancellation)
    {
        ImageMetadata? metadata = null;
        var root = TarballRoot.None;
        await foreach (var entry in tarball.EntriesAsync(cancellation))
        {
            var name = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
            if (name == "metadata.yaml" && metadata is null)
                metadata = await ReadMetadataAsync(entry, tarball, cancellation);
            else if (name == "rootfs.img")
                root = TarballRoot.Disk;
            else if (root is TarballRoot.None && (name == "rootfs" || name.StartsWith("rootfs/", StringComparison.Ordinal)))
                root = TarballRoot.Directory;

            // The rest of a unified image is its file system; only whether it is whole matters.
            if (unified && metadata is not null && root is not TarballRoot.None)
                break;
        }

        if (metadata is null)
            throw new StapesException(ErrorKind.Invalid, $"{tarball.Name} has no metadata.yaml: it is not the metadata of an image; `generate-metadata` makes one");
        if (unified && root is TarballRoot.None)
        {
            throw new StapesException(ErrorKind.Invalid,
                $"{tarball.Name} has neither rootfs nor rootfs.img: it is no unified image; if it is the metadata of a split one, give its data file too");
        }

        if (toEnd)
            await tarball.ReadToEndAsync(cancellation);
        return new(metadata, root);
    }

    private static async Task<ImageMetadata> ReadMetadataAsync(TarMember entry, Tarball tarball, CancellationToken cancellation)
    {
        var file = tarball.Name;
        if (!entry.IsFile)
            throw new StapesException(ErrorKind.Invalid, $"{file}: metadata.yaml is not a plain file; pack the file itself");
        if (entry.Size > ImageMetadata.MaxSize)
        {
            throw new StapesException(ErrorKind.Invalid,
                $"{file}: metadata.yaml has {entry.Size} bytes; at most {ImageMetadata.MaxSize} are read, move large data elsewhere");
        }

        return ImageMetadata.Parse(await tarball.ReadDataAsync(entry.Size, cancellation), file);
    }
}
