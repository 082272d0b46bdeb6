using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Protocols.Oci.Artifacts;
using Stapes.Protocols.Oci.Images;

namespace Stapes.Protocols.Oci.Client;

/// <summary>An image that a name of a registry leads to: its manifest and its configuration.</summary>
internal sealed record FoundImage(ImageName Name, OciManifest Manifest, OciImageConfig? Config, RemoteImage Image)
{
    public bool IsArtifact => Config is null;

    /// <param name="name">The name that it was asked for by.</param>
    /// <param name="found">Its manifest, which is no index.</param>
    /// <param name="registry">Where its configuration is.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="StapesException">Invalid: it is nothing that Incus could run.</exception>
    public static async Task<FoundImage> ReadAsync(ImageName name, FoundManifest found, Registry registry, CancellationToken cancellation)
    {
        var manifest = Parse(found.Bytes, OciJson.Context.OciManifest, name);
        if (ImageArtifact.IsOne(manifest))
        {
            var about = manifest.Config?.MediaType is ArtifactTypes.Config
                ? Parse(await registry.GetBlobAsync(name.Repository, manifest.Config, cancellation), OciJson.Context.ArtifactConfig, name)
                : new();
            return new(name, manifest, null, Describe(name, manifest, about));
        }

        if (!ApplicationImage.IsOne(manifest))
            throw new StapesException(ErrorKind.Invalid, $"{name} is an artifact of the type \"{manifest.ArtifactType ?? manifest.Config?.MediaType}\", which is no image that Incus could run");
        var config = Parse(await registry.GetBlobAsync(name.Repository, manifest.Config!, cancellation), OciJson.Context.OciImageConfig, name);
        var image = ApplicationImage.Read(manifest, config, static (_, _) => throw new NotSupportedException("Nothing is read yet."));
        return new(name, manifest, config, Describe(name, manifest, image));
    }

    public static T Parse<T>(byte[] json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, ImageName name)
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new StapesException(ErrorKind.Invalid, $"{name} cannot be read: its manifest or configuration is not the JSON that it should be; push it again", e);
        }
    }

    private static RemoteImage Describe(ImageName name, OciManifest manifest, ApplicationImage image) => new()
    {
        Fingerprint = OfLayers(manifest.Layers!),
        Type = ImageType.Container,
        Architecture = image.Architecture,
        Size = manifest.Layers!.Sum(static l => l.Size),
        Public = true,
        CreatedAt = image.CreatedAt,
        UploadedAt = image.CreatedAt,
        Aliases = [new(name.ToString(), "")],
        Properties = PropertyDictionary.From(ApplicationProperties.Of(name, image)),
    };

    private static RemoteImage Describe(ImageName name, OciManifest manifest, ArtifactConfig about)
    {
        var (metadata, root) = ImageArtifact.FindFiles(manifest);
        return new()
        {
            Fingerprint = Sha256Digest.TryParse(about.Fingerprint, out var stated) ? stated
                : root is null && OciDigest.TryParse(metadata.Digest, out var whole) && whole.Sha256 is { } digest ? digest : OfLayers(manifest.Layers!),
            Type = about.Type is "virtual-machine" || root?.MediaType is ArtifactTypes.Qcow2 ? ImageType.VirtualMachine : ImageType.Container,
            Architecture = ApplicationImage.ReadArchitecture(about.Architecture, null) ?? Architecture.Local,
            Size = metadata.Size + (root?.Size ?? 0),
            Public = true,
            CreatedAt = about.Created,
            ExpiresAt = about.Expires,
            Aliases = [new(name.ToString(), "")],
            Properties = PropertyDictionary.From(about.Properties ?? new Dictionary<string, string>()),
        };
    }

    /// <summary>The fingerprint that Incus gives to an image of a registry: SHA-256 over the digests of its layers, as they are written.</summary>
    private static Sha256Digest OfLayers(IReadOnlyList<OciDescriptor> layers) =>
        Sha256Digest.FromBytes(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(layers.Select(static l => l.Digest)))));
}
