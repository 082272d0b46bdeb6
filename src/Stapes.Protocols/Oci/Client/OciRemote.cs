using System.Collections.Concurrent;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;
using Stapes.Protocols.Oci.Artifacts;
using Stapes.Protocols.Oci.Images;

namespace Stapes.Protocols.Oci.Client;

/// <summary>
/// A registry as a source of images: application images, which become what Incus launches on the way, and artifacts that hold system
/// images and virtual machines. Registries do not list images; they are asked for by name.
/// </summary>
/// <param name="registry">The registry; disposed with this.</param>
/// <param name="form">Turns application images into what Incus launches.</param>
/// <param name="layerDirectory">Where fetched layers stay, for other images that have them too; null for a place beside the files of the image.</param>
public sealed class OciRemote(Registry registry, IncusForm form, string? layerDirectory) : IRemote
{
    private const int SideBySide = 4;
    private const int MaxIndexes = 4;

    private readonly ConcurrentDictionary<Sha256Digest, FoundImage> found = new();

    public Task<IReadOnlyList<RemoteImage>> ListAsync(CancellationToken cancellation) =>
        throw new StapesException(ErrorKind.Invalid, $"{registry.Url.Authority} is a registry, which lists no images: name one, such as library/alpine:3.20");

    public async Task<RemoteImage?> FindAsync(string name, ImageType? type, Architecture? architecture, CancellationToken cancellation)
    {
        var parsed = ImageName.Parse(name, registry.IsDockerHub);
        if (await FindManifestAsync(parsed, architecture ?? Architecture.Local, cancellation) is not { } manifest)
            return null;
        var image = await FoundImage.ReadAsync(parsed, manifest, registry, cancellation);
        if ((type is not null && image.Image.Type != type) || (architecture is not null && image.Image.Architecture != architecture))
            return null;
        found[image.Image.Fingerprint] = image;
        return image.Image;
    }

    public async Task<FetchedFiles> FetchAsync(RemoteImage image, FetchOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!found.TryGetValue(image.Fingerprint, out var source))
            throw new StapesException(ErrorKind.NotFound, $"The image {image.Fingerprint} was not asked for by its name in {registry.Url.Authority}");
        return source.IsArtifact
            ? await FetchArtifactAsync(source, options, cancellation)
            : await FetchApplicationAsync(source, options, cancellation);
    }

    public void Dispose() => registry.Dispose();

    private async Task<FoundManifest?> FindManifestAsync(ImageName name, Architecture architecture, CancellationToken cancellation)
    {
        var manifest = await registry.FindManifestAsync(name.Repository, name.Reference, cancellation);
        for (var depth = 0; manifest is not null && OciMediaTypes.IsIndex(manifest.MediaType); depth++)
        {
            var index = FoundImage.Parse(manifest.Bytes, OciJson.Context.OciIndex, name);
            if (PlatformChoice.Choose(index, architecture) is not { } chosen || !OciDigest.TryParse(chosen.Digest, out var digest))
                throw new StapesException(ErrorKind.NotFound, $"{name} has no image for {architecture}; it has {(PlatformChoice.Describe(index) is { Length: > 0 } others ? others : "none for Linux")}");
            if (depth == MaxIndexes)
                throw new StapesException(ErrorKind.Invalid, $"{name} is an index of indexes, more than {MaxIndexes} deep");
            manifest = await registry.FindManifestAsync(name.Repository, digest.ToString(), cancellation);
        }

        return manifest;
    }

    private async Task<FetchedFiles> FetchApplicationAsync(FoundImage source, FetchOptions options, CancellationToken cancellation)
    {
        var layers = new LayerCache(layerDirectory ?? Path.Combine(options.Directory, "layers"));
        layers.Prune();
        var image = ApplicationImage.Read(source.Manifest, source.Config!, (layer, _) => ValueTask.FromResult(layers.Open(Sha256Of(layer, source.Name))));
        var wanted = source.Manifest.Layers!.DistinctBy(static l => l.Digest).Select(l => RemoteFileOf(l, source.Name)).ToList();
        await Parallel.ForEachAsync(wanted, new ParallelOptions { MaxDegreeOfParallelism = SideBySide, CancellationToken = cancellation },
            async (layer, token) => await layers.FetchAsync(layer, options, token));
        try
        {
            return await form.MakeAsync(image, options.Directory, cancellation);
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Invalid)
        {
            layers.Forget(wanted.Select(static w => w.Digest));
            throw;
        }
    }

    private async Task<FetchedFiles> FetchArtifactAsync(FoundImage source, FetchOptions options, CancellationToken cancellation)
    {
        var (metadata, root) = ImageArtifact.FindFiles(source.Manifest);
        var first = await FetchAsync(metadata, root is null ? "image" : "metadata", source.Name, before: null, options, cancellation);
        try
        {
            var second = root is null ? null : await FetchAsync(root, "rootfs", source.Name, first.Content.TemporaryPath, options, cancellation);
            var fingerprint = second?.Combined ?? first.Digest;
            if (source.Manifest.Config?.MediaType is ArtifactTypes.Config && fingerprint != source.Image.Fingerprint)
            {
                second?.Dispose();
                throw new StapesException(ErrorKind.Unavailable, $"{source.Name} says that it is the image {source.Image.Fingerprint}, but its files are the image {fingerprint}; nothing was kept");
            }

            return new(Describe(metadata, first), second is null ? null : Describe(root!, second)) { MadeFingerprint = fingerprint };
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    private async Task<FetchedFile> FetchAsync(OciDescriptor layer, string part, ImageName name, string? before, FetchOptions options, CancellationToken cancellation)
    {
        using var progress = options.Watch.Begin(part, layer.Size);
        return await FileTransfer.FetchAsync(RemoteFileOf(layer, name), options.Directory, before, options.Retry, progress.Add, cancellation);
    }

    private RemoteFile RemoteFileOf(OciDescriptor layer, ImageName name) => new(
        $"the layer {layer.Digest} of {name}", Sha256Of(layer, name), layer.Size, registry.OpenBlob(name.Repository, layer.Digest!));

    private static Sha256Digest Sha256Of(OciDescriptor layer, ImageName name) => OciDigest.TryParse(layer.Digest, out var digest) && digest.Sha256 is { } sha256
        ? sha256
        : throw new StapesException(ErrorKind.Invalid, $"{name} has a layer \"{layer.Digest}\", which is no SHA-256 digest; push it again with a tool that makes such ones");

    private static FetchedImageFile Describe(OciDescriptor layer, FetchedFile file) => new(
        Path.GetFileName(layer.Annotations?.GetValueOrDefault("org.opencontainers.image.title") ?? ""), file.Content, file.Digest, file.Size);
}
