using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>
/// What an index says of a product, and so of every version in it: images that differ in any of this never share a product. Where an
/// image lacks a property, a sensible value stands in for it, because clients sort images without os, release or variant at random.
/// </summary>
internal sealed record ProductFacts
{
    /// <summary>An image with this property is listed under that product's name.</summary>
    public const string NameProperty = "simplestreams.product";

    private ProductFacts()
    {
    }

    /// <summary>os:release:variant:architecture, or what <see cref="NameProperty"/> says. Several products may want one name.</summary>
    public required string Name { get; init; }

    public required string Os { get; init; }

    public required string Release { get; init; }

    public required string ReleaseTitle { get; init; }

    /// <summary>May be empty.</summary>
    public required string Version { get; init; }

    public required string Variant { get; init; }

    public required Architecture Architecture { get; init; }

    /// <summary>The architecture by the name that the image or Debian uses.</summary>
    public required string ArchitectureName { get; init; }

    /// <summary>The requirements as one comparable text.</summary>
    public required string Requirements { get; init; }

    /// <summary>LXD takes a unified virtual machine for a container, so that it must not stand among others.</summary>
    public required bool IsUnifiedMachine { get; init; }

    /// <summary>The name that the product has without anybody having chosen one: os/release/variant; null where os and release were made up.</summary>
    public required string? DefaultAlias { get; init; }

    public static ProductFacts Of(Image image)
    {
        var os = Text(image, "os");
        var release = Text(image, "release");
        var alias = image.Aliases.Select(static a => a.Name).FirstOrDefault(static n => n.Trim('/', ' ').Length > 0);
        var variant = Text(image, "variant") ?? "default";
        var shownOs = os ?? alias?.Trim('/', ' ').Split('/')[0] ?? "image";
        // Without a release nothing says which images belong together: each is a product of its own.
        var shownRelease = release ?? image.Fingerprint.Hex[..12];
        var architecture = ArchitectureNameOf(image);
        return new()
        {
            Name = Text(image, NameProperty) ?? $"{shownOs}:{shownRelease}:{variant}:{architecture}",
            Os = shownOs,
            Release = shownRelease,
            // Clients make the description out of this; where there is nothing better, it carries the image's own.
            ReleaseTitle = Text(image, "release_title") ?? (os is null || release is null ? Text(image, "description") : null) ?? shownRelease,
            Version = Text(image, "version") ?? "",
            Variant = variant,
            Architecture = image.Architecture,
            ArchitectureName = architecture,
            Requirements = string.Join('\0', RequirementsOf(image).Select(static r => $"{r.Key}\0{r.Value}")),
            IsUnifiedMachine = image is { RootFile: null, Type: ImageType.VirtualMachine },
            DefaultAlias = os is null || release is null || image.Properties.ContainsKey(NameProperty) ? null : $"{os}/{release}/{variant}",
        };
    }

    /// <summary>The names under which clients know the architecture, the one to prefer first.</summary>
    public IEnumerable<string> ArchitectureNames => ((string[])[ArchitectureName, Architecture.DebianName, Architecture.Name]).Distinct();

    public static SortedDictionary<string, string> RequirementsOf(Image image)
    {
        var requirements = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in Simplestreams.Requirements.Of(image.Properties))
            requirements[key] = value;
        return requirements;
    }

    // Of the many names only the kernel's and Debian's are known to every client.
    private static string ArchitectureNameOf(Image image) =>
        Text(image, "architecture") is { } name && (name == image.Architecture.Name || name == image.Architecture.DebianName)
            ? name
            : image.Architecture.DebianName;

    private static string? Text(Image image, string property) =>
        image.Properties.TryGetValue(property, out var value) && !string.IsNullOrWhiteSpace(value) ? value : null;
}
