using Stapes.Core;
using Stapes.Core.Images;

namespace Stapes.Protocols.Oci.Images;

/// <summary>An application image: a configuration and the layers of a root file system, for one architecture.</summary>
public sealed record ApplicationImage
{
    private const string NotDistributable = "nondistributable";
    private const string Foreign = "foreign";

    private ApplicationImage(OciImageConfig config, Architecture architecture, IReadOnlyList<ImageLayer> layers) =>
        (Config, Architecture, Layers) = (config, architecture, layers);

    public OciImageConfig Config { get; }

    public Architecture Architecture { get; }

    public IReadOnlyList<ImageLayer> Layers { get; }

    /// <summary>When it was made; images that hide that to be reproducible were made in the first second that Incus takes for a time.</summary>
    public DateTimeOffset CreatedAt => Config.Created is { } created && created > DateTimeOffset.UnixEpoch
        ? DateTimeOffset.FromUnixTimeSeconds(Math.Max(created.ToUnixTimeSeconds(), 1))
        : DateTimeOffset.FromUnixTimeSeconds(1);

    /// <summary>Whether a manifest is one of an application image that runs on Linux, by the types that it names.</summary>
    public static bool IsOne(OciManifest manifest) => OciMediaTypes.IsImageConfig(manifest.Config?.MediaType) && manifest.Layers is { Count: > 0 };

    /// <summary>Brings together what the manifest and the configuration say.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="config">The configuration that it names.</param>
    /// <param name="openLayer">Opens the bytes of a layer.</param>
    /// <exception cref="StapesException">Invalid: they contradict each other, or it is no image for Linux.</exception>
    public static ApplicationImage Read(OciManifest manifest, OciImageConfig config, Func<OciDescriptor, CancellationToken, ValueTask<Stream>> openLayer)
    {
        if (!string.IsNullOrEmpty(config.Os) && config.Os is not "linux")
            throw RootTree.Invalid($"is for {RootTree.Shown(config.Os)}; containers are for linux");
        var architecture = ReadArchitecture(config.Architecture, config.Variant)
            ?? throw RootTree.Invalid($"is for the architecture {RootTree.Shown($"{config.Architecture}/{config.Variant}")}, which Incus does not know");
        if (config.Rootfs?.Type is { } type and not "layers")
            throw RootTree.Invalid($"has a root file system of the type {RootTree.Shown(type)}; only \"layers\" is known");
        var layers = manifest.Layers ?? [];
        var diffIds = config.Rootfs?.DiffIds ?? [];
        if (layers.Count != diffIds.Count)
            throw RootTree.Invalid($"has {layers.Count} layers, but the diff_ids of {diffIds.Count}");
        return new(config, architecture, [.. layers.Zip(diffIds, (layer, diffId) => Layer(layer, diffId, openLayer))]);
    }

    /// <summary>Go's name of an architecture and its variant, as Incus calls it; null when it does not know it.</summary>
    public static Architecture? ReadArchitecture(string? name, string? variant) => Architecture.TryParse((name, variant) switch
    {
        ("arm", "v6" or "6") => "armv6l",
        ("arm", "v8" or "8") => "armv8l",
        ("arm", "v5" or "5") => null,
        ("arm", _) => "armv7l",
        _ => name,
    }, out var architecture) ? architecture : null;

    private static ImageLayer Layer(OciDescriptor layer, string diffId, Func<OciDescriptor, CancellationToken, ValueTask<Stream>> open)
    {
        if (!OciDigest.TryParse(layer.Digest, out var digest) || !OciDigest.TryParse(diffId, out var content))
            throw RootTree.Invalid($"has a layer {RootTree.Shown(layer.Digest ?? "")} or a diff_id {RootTree.Shown(diffId)} that is no digest");
        if (!OciMediaTypes.IsLayer(layer.MediaType))
            throw RootTree.Invalid($"has a layer {digest} of the type {RootTree.Shown(layer.MediaType ?? "")}, which is none of a root file system");
        return new(digest, content, async cancellation =>
        {
            try
            {
                return await open(layer, cancellation);
            }
            catch (StapesException e) when (e.Kind is ErrorKind.NotFound && (layer.MediaType!.Contains(NotDistributable, StringComparison.Ordinal) || layer.MediaType.Contains(Foreign, StringComparison.Ordinal)))
            {
                throw RootTree.Invalid($"has a layer {digest} that may not be distributed ({layer.MediaType}) and is not here: push it with the image, or use one without such layers");
            }
        });
    }
}
