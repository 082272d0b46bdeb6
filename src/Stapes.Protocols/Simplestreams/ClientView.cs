using System.Globalization;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Simplestreams;

/// <summary>
/// What a client sees in a products file: which images, and what it passes over without a word.
/// Source: Incus and LXD, <c>shared/simplestreams/products.go</c>.
/// </summary>
public static class ClientView
{
    /// <summary>Why a client does not list something.</summary>
    /// <param name="Product">The product.</param>
    /// <param name="Serial">The version; null when the whole product is passed over.</param>
    /// <param name="Reason">What is wrong with it, to follow «is not listed: ».</param>
    public sealed record Skip(string Product, string? Serial, string Reason);

    /// <summary>The images in order of product, serial and item key, without aliases.</summary>
    /// <param name="products">The products of one file.</param>
    /// <param name="audience">Whose items are read.</param>
    /// <param name="skipped">Is told of each thing that a client passes over; may be null.</param>
    public static IEnumerable<ListedImage> Images(IEnumerable<Product> products, Audience audience, Action<Skip>? skipped = null) =>
        Images(products, [audience], skipped);

    /// <summary>The same for several kinds of clients: an image that two of them list comes twice.</summary>
    public static IEnumerable<ListedImage> Images(IEnumerable<Product> products, IReadOnlyList<Audience> audiences, Action<Skip>? skipped = null)
    {
        foreach (var product in products)
        {
            var name = product.Architecture;
            if (!Architecture.TryParse(name, out var architecture))
            {
                skipped?.Invoke(new(product.Name, null, $"its architecture \"{name}\" is unknown"));
                continue;
            }

            foreach (var image in Images(product, architecture, name, audiences, skipped))
                yield return image;
        }
    }

    /// <summary>The properties that a client gives an image; what is empty is left out.</summary>
    internal static IReadOnlyDictionary<string, string> ReadProperties(ListedImage image)
    {
        // In their order, so that nothing has to be sorted for each of thousands of images.
        var properties = new List<KeyValuePair<string, string>>(12);
        Add("architecture", image.ArchitectureName);
        Add("description", image.Description);
        Add("label", image.Version.Label);
        Add("os", image.Os);
        Add("release", image.Release);
        foreach (var (key, value) in image.Product.Requirements)
            Add($"requirements.{key}", value);
        Add("serial", image.Version.Serial);
        Add("type", image.RootItem?.FileType ?? "tar.gz");
        Add("variant", image.Variant);
        Add("version", image.Product.Version);
        return PropertyDictionary.From(properties);

        void Add(string name, string? value)
        {
            if (value is { Length: > 0 })
                properties.Add(new(name, value));
        }
    }

    private static IEnumerable<ListedImage> Images(
        Product product, Architecture architecture, string architectureName, IReadOnlyList<Audience> audiences, Action<Skip>? skipped)
    {
        // Read once for all versions: every look into the JSON makes a new string.
        var (os, release, variant, title) = (product.Os ?? "", product.Release ?? "", product.Variant ?? "", product.ReleaseTitle ?? "");
        var shownVariant = variant is "" or "default" ? "" : $" ({variant})";
        var expires = ReadEol(product.SupportEol);
        foreach (var version in product.Versions)
        {
            if (!Serial.TryReadDate(version.Serial, out var created))
            {
                skipped?.Invoke(new(product.Name, version.Serial, "its serial does not start with a date YYYYMMDD"));
                continue;
            }

            var items = version.Items.ToList();
            foreach (var (audience, metadata, root) in audiences.SelectMany(audience => Pairs(items, audience)))
            {
                var type = root?.FileType;
                var fingerprint = type is null ? metadata.Sha256 : metadata.Combined(type);
                if (fingerprint is not { Length: > 0 } || metadata.Path is not { Length: > 0 })
                {
                    var missing = fingerprint is { Length: > 0 } ? "path" : type is null ? "sha256" : FileTypes.CombinedField(type);
                    skipped?.Invoke(new(product.Name, version.Serial, $"its item \"{metadata.Key}\" has no {missing}"));
                    continue;
                }

                var label = version.Label is { Length: > 0 } text ? $" ({text})" : "";
                yield return new()
                {
                    Audience = audience,
                    Product = product,
                    Version = version,
                    MetadataItem = metadata,
                    RootItem = root,
                    Fingerprint = fingerprint,
                    // LXD does not read combined_type: every unified image is a container to it.
                    Type = FileTypes.IsDisk(type) || (root is null && audience is Audience.Incus && metadata.CombinedType == "virtual-machine")
                        ? ImageType.VirtualMachine
                        : ImageType.Container,
                    Architecture = architecture,
                    ArchitectureName = architectureName,
                    Os = os,
                    Release = release,
                    Variant = variant,
                    Description = $"{os} {title} {architectureName}{shownVariant}{label} ({version.Serial})",
                    Size = (metadata.Size ?? 0) + (root?.Size ?? 0),
                    CreatedAt = created,
                    ExpiresAt = expires,
                };
            }
        }
    }

    /// <summary>Each unified image, and each metadata tarball with each root.</summary>
    private static IEnumerable<(Audience Audience, VersionItem Metadata, VersionItem? Root)> Pairs(List<VersionItem> items, Audience audience)
    {
        foreach (var item in items)
        {
            var type = item.FileType;
            if (type == audience.UnifiedType())
            {
                yield return (audience, item, null);
            }
            else if (type == audience.MetadataType())
            {
                foreach (var root in items)
                {
                    if (FileTypes.Roots.Contains(root.FileType))
                        yield return (audience, item, root);
                }
            }
        }
    }

    private static DateTimeOffset? ReadEol(string? text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
}
