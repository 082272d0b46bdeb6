using System.Text.Json;
using Stapes.Core;
using Stapes.Core.Images;

namespace Stapes.Protocols.Oci.Artifacts;

/// <summary>
/// A system image or virtual machine as an artifact: the files of the image are its layers, byte for byte, so that whoever has them has
/// the image with its fingerprint. The same image gives the same manifest.
/// </summary>
/// <param name="Manifest">The bytes of the manifest.</param>
/// <param name="Config">The bytes of its configuration.</param>
/// <param name="Files">The digests of the layers: of the metadata and the root, or of the one file of a unified image.</param>
public sealed record ImageArtifact(byte[] Manifest, byte[] Config, IReadOnlyList<ImageFile> Files)
{
    private const string Annotation = "org.opencontainers.image.";

    /// <summary>Goes by the manifest's own bytes.</summary>
    public Sha256Digest Digest { get; } = Digests.Of(Manifest);

    public static ImageArtifact From(ArtifactContent image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var config = JsonSerializer.SerializeToUtf8Bytes(new()
        {
            Fingerprint = image.Fingerprint.Hex,
            Type = image.Type is ImageType.VirtualMachine ? "virtual-machine" : "container",
            Architecture = GoName(image.Architecture),
            Os = "linux",
            Created = image.CreatedAt.ToUniversalTime(),
            Expires = image.ExpiresAt?.ToUniversalTime(),
            Properties = new SortedDictionary<string, string>(image.Properties.ToDictionary(), StringComparer.Ordinal),
        }, OciJson.Context.ArtifactConfig);
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new()
        {
            MediaType = OciMediaTypes.Manifest,
            ArtifactType = ArtifactTypes.Image,
            Config = new() { MediaType = ArtifactTypes.Config, Digest = OciDigest.From(Digests.Of(config)).ToString(), Size = config.Length },
            Layers = Layers(image),
            Annotations = Annotations(image),
        }, OciJson.Context.OciManifest);
        return new(manifest, config, image.Root is null ? [image.Metadata] : [image.Metadata, image.Root]);
    }

    /// <summary>Whether a manifest says that it is such an artifact; layers tell too, for tools that set no type.</summary>
    public static bool IsOne(OciManifest manifest) => manifest.ArtifactType is ArtifactTypes.Image || manifest.Config?.MediaType is ArtifactTypes.Config
        || manifest.Layers?.Any(static l => l.MediaType is ArtifactTypes.Metadata or ArtifactTypes.Unified) is true;

    /// <summary>Finds the files of the image among the layers.</summary>
    /// <returns>The metadata and the root; no root for a unified image.</returns>
    /// <exception cref="StapesException">Invalid: a file is missing, or there are several.</exception>
    public static (OciDescriptor Metadata, OciDescriptor? Root) FindFiles(OciManifest manifest)
    {
        var layers = manifest.Layers ?? [];
        var unified = layers.Where(static l => l.MediaType is ArtifactTypes.Unified).ToList();
        var metadata = layers.Where(static l => l.MediaType is ArtifactTypes.Metadata).ToList();
        var roots = layers.Where(static l => ArtifactTypes.IsRoot(l.MediaType)).ToList();
        return (unified.Count, metadata.Count, roots.Count) switch
        {
            (1, 0, 0) => (unified[0], null),
            (0, 1, 1) => (metadata[0], roots[0]),
            _ => throw new StapesException(ErrorKind.Invalid,
                $"The artifact has {metadata.Count} layers of the type {ArtifactTypes.Metadata}, {roots.Count} of a root and {unified.Count} of the type {ArtifactTypes.Unified}; an image has one of the first and one of the second, or one of the third"),
        };
    }

    /// <summary>Go's name of an architecture, as registries have it.</summary>
    public static string GoName(Architecture architecture) => architecture.Name switch
    {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "i686" => "386",
        "armv6l" or "armv7l" or "armv8l" => "arm",
        "loongarch64" => "loong64",
        "mips" => "mipsle",
        "mips64" => "mips64le",
        var name => name,
    };

    private static IReadOnlyList<OciDescriptor> Layers(ArtifactContent image) => image.Root is { } root
        ? [Layer(ArtifactTypes.Metadata, image.Metadata, "metadata"), Layer(ArtifactTypes.OfRoot(image.RootFormat!.Value), root, image.RootFormat is RootFormat.Qcow2 ? "disk" : "rootfs")]
        : [Layer(ArtifactTypes.Unified, image.Metadata, "image")];

    private static OciDescriptor Layer(string mediaType, ImageFile file, string name) => new()
    {
        MediaType = mediaType,
        Digest = OciDigest.From(file.Digest).ToString(),
        Size = file.Size,
        Annotations = new SortedDictionary<string, string>(StringComparer.Ordinal) { [$"{Annotation}title"] = name + file.Extension },
    };

    private static SortedDictionary<string, string> Annotations(ArtifactContent image)
    {
        var annotations = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [$"{Annotation}created"] = image.CreatedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ"),
        };
        Set("description", "description");
        Set("version", "version");
        Set("title", "os");
        return annotations;

        void Set(string name, string property)
        {
            if (image.Properties.TryGetValue(property, out var value) && value.Length > 0)
                annotations[Annotation + name] = value;
        }
    }
}
