using Stapes.Core;
using Stapes.Core.Images;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>Which product an image belongs to, read from the properties in its metadata.</summary>
internal sealed record ProductIdentity(string Name, string Os, string Release, string Variant, string Architecture)
{
    public string DefaultAlias => $"{Os}/{Release}/{Variant}";

    /// <param name="metadata">Needs the properties os and release; variant is «default» and architecture the metadata's own where missing.</param>
    /// <param name="name">The product's name; null for os:release:variant:architecture.</param>
    /// <exception cref="StapesException">A property is missing or contradicts the metadata.</exception>
    public static ProductIdentity Of(ImageMetadata metadata, string? name)
    {
        var os = Required(metadata, "os");
        var release = Required(metadata, "release");
        var variant = metadata.Properties.GetValueOrDefault("variant") is { Length: > 0 } v ? v : "default";
        var architecture = metadata.Properties.GetValueOrDefault("architecture") is { Length: > 0 } a ? a : metadata.Architecture.DebianName;
        if (!Core.Images.Architecture.TryParse(architecture, out var parsed))
        {
            throw new StapesException(ErrorKind.Invalid,
                $"The property architecture \"{architecture}\" in metadata.yaml is unknown, so that no client would list the image; write {metadata.Architecture.DebianName}");
        }

        if (parsed != metadata.Architecture)
        {
            throw new StapesException(ErrorKind.Invalid,
                $"In metadata.yaml the architecture is {metadata.Architecture}, but the property architecture \"{architecture}\"; make them agree");
        }

        return new(name ?? $"{os}:{release}:{variant}:{architecture}", os, release, variant, architecture);
    }

    private static string Required(ImageMetadata metadata, string property) =>
        metadata.Properties.GetValueOrDefault(property) is { Length: > 0 } value ? value
            : throw new StapesException(ErrorKind.Invalid, $"Missing property \"{property}\" in metadata.yaml: write it below `properties:` and pack the tarball again");
}
