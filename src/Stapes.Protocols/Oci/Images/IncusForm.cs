using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Protocols.Oci.Images;

/// <summary>
/// Makes of an application image what Incus launches: a metadata tarball with metadata.yaml and the runtime's config.json, and the root
/// file system. Nothing in them tells by which name or at which time the image came, so that the same manifest gives the same fingerprint,
/// with the same versions of squashfs-tools and liblzma.
/// </summary>
public sealed class IncusForm
{
    public ConversionLimits Limits { get; init; } = new();

    /// <summary>The program that makes a squashfs; where it is missing, images get a tarball.</summary>
    public string Sqfstar { get; init; } = "sqfstar";

    /// <param name="image">The image.</param>
    /// <param name="directory">Where the files lie until they get their names; made when missing.</param>
    /// <param name="cancellation">Ends it; then nothing stays.</param>
    /// <exception cref="Stapes.Core.StapesException">Invalid: the image is damaged, malicious or none that Incus could run. Full. Unavailable.</exception>
    public async Task<FetchedFiles> MakeAsync(ApplicationImage image, string directory, CancellationToken cancellation)
    {
        var root = await RootFileSystem.PlanAsync(image.Layers, Limits, cancellation);
        var rootFile = StagedFile.Create(directory);
        StagedFile? metadataFile = null;
        try
        {
            var (extension, user) = await WriteRootAsync(image, root, rootFile, cancellation);
            metadataFile = StagedFile.Create(directory);
            await WriteMetadataAsync(image, user, metadataFile, cancellation);
            using var combined = new Sha256Hasher();
            return new(
                await DescribeAsync("metadata.tar.xz", metadataFile, combined, cancellation),
                await DescribeAsync($"rootfs{extension}", rootFile, combined, cancellation))
            {
                MadeFingerprint = combined.Finish(),
            };
        }
        catch
        {
            metadataFile?.Dispose();
            rootFile.Dispose();
            throw;
        }
    }

    private async Task<(string Extension, ImageUser User)> WriteRootAsync(ApplicationImage image, RootFileSystem root, StagedFile file, CancellationToken cancellation)
    {
        byte[] passwd = [], group = [];
        var kept = new Dictionary<RootInode, Action<byte[]>>();
        if (root.FindFile("etc/passwd") is { } users)
            kept[users] = content => passwd = content;
        if (root.FindFile("etc/group") is { } groups)
            kept[groups] = kept.GetValueOrDefault(groups) + (content => group = content);

        await using var target = RootTarget.Open(file, root.Root, Math.Max(root.Newest, (uint)Math.Clamp(image.CreatedAt.ToUnixTimeSeconds(), 0, uint.MaxValue)), Sqfstar);
        await target.WriteAsync(() => root.WriteAsync(target.Content, kept, cancellation));
        await target.EndAsync(cancellation);
        return (target.Extension, ImageUser.Find(image.Config.Config?.User, passwd, group));
    }

    private static async Task WriteMetadataAsync(ApplicationImage image, ImageUser user, StagedFile file, CancellationToken cancellation)
    {
        var metadata = new ImageMetadata
        {
            Architecture = image.Architecture,
            CreatedAt = image.CreatedAt,
            Properties = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["architecture"] = image.Architecture.Name, ["type"] = "oci" },
        };
        await MetadataTarballWriter.WriteAsync(file.Content, metadata, [], [new("config.json", RuntimeConfig.Write(image.Config, user))], cancellation);
    }

    private static async Task<FetchedImageFile> DescribeAsync(string name, StagedFile file, Sha256Hasher combined, CancellationToken cancellation)
    {
        using var hash = new Sha256Hasher();
        var buffer = new byte[1 << 17];
        long size = 0;
        for (int read; (read = await RandomAccess.ReadAsync(file.Handle, buffer, size, cancellation)) > 0; size += read)
        {
            hash.Append(buffer.AsSpan(0, read));
            combined.Append(buffer.AsSpan(0, read));
        }

        return new(name, file, hash.Finish(), size);
    }
}
