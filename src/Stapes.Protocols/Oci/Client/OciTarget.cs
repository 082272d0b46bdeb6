using System.Text.Json;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Core.Storage.FileSystem;
using Stapes.Core.Transfers;
using Stapes.Protocols.Oci.Artifacts;
using Stapes.Protocols.Oci.Images;

namespace Stapes.Protocols.Oci.Client;

/// <summary>
/// A registry that images are pushed to, as artifacts. Their aliases are the names: <c>alpine:3.20</c> is a repository and a tag,
/// <c>alpine/3.20</c> the repository with the tag <c>latest</c>; an image without any becomes <c>images:FINGERPRINT</c>. Images of several
/// architectures under one name are an index.
/// </summary>
/// <param name="registry">The registry; disposed with this.</param>
/// <param name="staging">Where fetched files lie until they are pushed.</param>
public sealed class OciTarget(Registry registry, string staging) : IImageTarget
{
    public string StagingDirectory => staging;

    public void Require(ImageAddOptions options)
    {
        foreach (var alias in options.Aliases)
            ImageName.Parse(alias.Name, registry.IsDockerHub);
    }

    public string? FindLocal(Sha256Digest digest) => null;

    /// <summary>Registries know no fingerprints: whether they have the files, the push finds out for each.</summary>
    public Task<bool> HasAsync(Sha256Digest fingerprint, CancellationToken cancellation) => Task.FromResult(false);

    public async Task AddAsync(RemoteImage image, FetchedFiles files, ImageAddOptions options, TransferWatch? watch, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        var artifact = ImageArtifact.From(await DescribeAsync(image, files, options, cancellation));
        foreach (var names in Names(image, options).GroupBy(static n => n.Repository, StringComparer.Ordinal))
        {
            var push = new BlobPush(registry, names.Key);
            await push.PushAsync(Digests.Of(artifact.Config), artifact.Config.Length, () => new MemoryStream(artifact.Config), cancellation);
            foreach (var (part, file) in files.Root is { } root ? [("metadata", files.Metadata), ("rootfs", root)] : ((string, FetchedImageFile)[])[("image", files.Metadata)])
            {
                using var progress = watch.Begin(part, file.Size);
                await push.PushAsync(file.Digest, file.Size, () => Read(file.Content, progress), cancellation);
            }

            await push.PushManifestAsync(OciDigest.From(artifact.Digest).ToString(), OciMediaTypes.Manifest, artifact.Manifest, cancellation);
            foreach (var name in names)
                await TagAsync(push, name, artifact, image.Architecture, cancellation);
        }
    }

    public Task AddAliasesAsync(Sha256Digest fingerprint, ImageAddOptions options, CancellationToken cancellation) =>
        throw new StapesException(ErrorKind.NotFound, $"{registry.Url.Authority} cannot be asked for the image {fingerprint}: copy the image itself");

    public void Dispose() => registry.Dispose();

    /// <summary>Leads a tag to the artifact; beside those for other architectures that it leads to already.</summary>
    private async Task TagAsync(BlobPush push, ImageName name, ImageArtifact artifact, Architecture architecture, CancellationToken cancellation)
    {
        var entry = new OciDescriptor
        {
            MediaType = OciMediaTypes.Manifest,
            Digest = OciDigest.From(artifact.Digest).ToString(),
            Size = artifact.Manifest.Length,
            Platform = new() { Architecture = ImageArtifact.GoName(architecture), Os = "linux" },
            ArtifactType = ArtifactTypes.Image,
        };
        var others = (await PresentAsync(name, cancellation)).Where(m => m.Platform?.Architecture != entry.Platform.Architecture).ToList();
        if (others.Count == 0)
        {
            await push.PushManifestAsync(name.Reference, OciMediaTypes.Manifest, artifact.Manifest, cancellation);
            return;
        }

        var index = JsonSerializer.SerializeToUtf8Bytes(new()
        {
            MediaType = OciMediaTypes.Index,
            Manifests = [.. others.Append(entry).OrderBy(static m => m.Platform?.Architecture, StringComparer.Ordinal)],
        }, OciJson.Context.OciIndex);
        await push.PushManifestAsync(name.Reference, OciMediaTypes.Index, index, cancellation);
    }

    private async Task<IReadOnlyList<OciDescriptor>> PresentAsync(ImageName name, CancellationToken cancellation)
    {
        if (await registry.FindManifestAsync(name.Repository, name.Reference, cancellation) is not { } present)
            return [];
        if (OciMediaTypes.IsIndex(present.MediaType))
            return FoundImage.Parse(present.Bytes, OciJson.Context.OciIndex, name).Manifests ?? [];
        var manifest = FoundImage.Parse(present.Bytes, OciJson.Context.OciManifest, name);
        if (!ImageArtifact.IsOne(manifest) || manifest.Config?.MediaType is not ArtifactTypes.Config)
            return [];
        var about = FoundImage.Parse(await registry.GetBlobAsync(name.Repository, manifest.Config, cancellation), OciJson.Context.ArtifactConfig, name);
        return
        [
            new()
            {
                MediaType = OciMediaTypes.Manifest,
                Digest = present.Digest.ToString(),
                Size = present.Bytes.Length,
                Platform = new() { Architecture = about.Architecture, Os = "linux" },
                ArtifactType = ArtifactTypes.Image,
            },
        ];
    }

    private IEnumerable<ImageName> Names(RemoteImage image, ImageAddOptions options) => options.Aliases.Count > 0
        ? options.Aliases.Select(a => ImageName.Parse(a.Name, registry.IsDockerHub))
        : [new("images", image.Fingerprint.Hex[..12])];

    private static async Task<ArtifactContent> DescribeAsync(RemoteImage image, FetchedFiles files, ImageAddOptions options, CancellationToken cancellation)
    {
        var read = await ImageInspector.InspectAsync(Hashed(files.Metadata), files.Root is { } root ? Hashed(root) : null, image.Fingerprint, cancellation);
        return new()
        {
            Fingerprint = image.Fingerprint,
            Type = read.Type,
            Architecture = read.Metadata.Architecture,
            CreatedAt = read.Metadata.CreatedAt,
            ExpiresAt = options.ExpiresAt ?? image.ExpiresAt,
            Properties = PropertyDictionary.From(image.Properties).With(options.Properties),
            Metadata = read.MetadataFile,
            Root = read.RootFile,
            RootFormat = read.RootFormat,
        };
    }

    private static HashedFile Hashed(FetchedImageFile file) =>
        new(file.Name.Length > 0 ? file.Name : file.Digest.Hex, file.Content.TemporaryPath, file.Content.Handle, file.Digest, file.Size);

    private static CountedStream Read(StagedFile file, FileProgress progress) => new(
        new FileStream(file.TemporaryPath, new FileStreamOptions { BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan, Share = FileShare.ReadWrite | FileShare.Delete }),
        bytes => progress.Add(bytes.Length));
}
