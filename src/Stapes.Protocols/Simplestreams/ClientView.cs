using System.Globalization;
using Stapes.Core.Images;

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
    public static IEnumerable<ListedImage> Images(IEnumerable<Product> products, Audience audience, Action<Skip>? skipped = null)
    {
        foreach (var product in products)
        {
            if (!Architecture.TryParse(product.Architecture, out var architecture))
            {
                skipped?.Invoke(new(product.Name, null, $"its architecture \"{product.Architecture}\" is unknown"));
                continue;
            }

            foreach (var version in product.Versions)
            {
                if (!Serial.TryReadDate(version.Serial, out var created))
                {
                    skipped?.Invoke(new(product.Name, version.Serial, "its serial does not start with a date YYYYMMDD"));
                    continue;
                }

                foreach (var image in Images(product, version, architecture, created, audience, skipped))
                    yield return image;
            }
        }
    }

    private static IEnumerable<ListedImage> Images(
        Product product, ProductVersion version, Architecture architecture, DateTimeOffset created, Audience audience, Action<Skip>? skipped)
    {
        foreach (var item in version.Items)
        {
            if (item.FileType == audience.UnifiedType())
            {
                if (Make(item, null, item.Sha256) is { } image)
                    yield return image;
            }
            else if (item.FileType == audience.MetadataType())
            {
                foreach (var root in version.Items.Where(static i => FileTypes.Roots.Contains(i.FileType)))
                {
                    if (Make(item, root, item.Combined(root.FileType!)) is { } image)
                        yield return image;
                }
            }
        }

        ListedImage? Make(VersionItem metadata, VersionItem? root, string? fingerprint)
        {
            if (fingerprint is not { Length: > 0 } || metadata.Path is not { Length: > 0 })
            {
                var missing = metadata.Path is not { Length: > 0 } ? "path" : root is null ? "sha256" : FileTypes.CombinedField(root.Value.FileType!);
                skipped?.Invoke(new(product.Name, version.Serial, $"its item \"{metadata.Key}\" has no {missing}"));
                return null;
            }

            return new()
            {
                Product = product,
                Version = version,
                MetadataItem = metadata,
                RootItem = root,
                Fingerprint = fingerprint,
                // LXD does not read combined_type: every unified image is a container to it.
                Type = FileTypes.IsDisk(root?.FileType) || (root is null && audience is Audience.Incus && metadata.CombinedType == "virtual-machine")
                    ? ImageType.VirtualMachine
                    : ImageType.Container,
                Architecture = architecture,
                Size = (metadata.Size ?? 0) + (root?.Size ?? 0),
                CreatedAt = created,
                ExpiresAt = ReadEol(product.SupportEol),
                Properties = ReadProperties(product, version, root),
            };
        }
    }

    private static DateTimeOffset? ReadEol(string? text) =>
        DateTimeOffset.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;

    private static SortedDictionary<string, string> ReadProperties(Product product, ProductVersion version, VersionItem? root)
    {
        var label = version.Label is { Length: > 0 } text ? $" ({text})" : "";
        var properties = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["os"] = product.Os ?? "",
            ["release"] = product.Release ?? "",
            ["version"] = product.Version ?? "",
            ["architecture"] = product.Architecture ?? "",
            ["label"] = version.Label ?? "",
            ["serial"] = version.Serial,
            ["description"] = $"{product.Os} {product.ReleaseTitle} {product.Architecture}{label} ({version.Serial})",
            ["variant"] = product.Variant ?? "",
            ["type"] = root?.FileType ?? "tar.gz",
        };
        foreach (var (key, value) in product.Requirements)
            properties[$"requirements.{key}"] = value;
        foreach (var empty in properties.Where(static p => p.Value.Length == 0).Select(static p => p.Key).ToList())
            properties.Remove(empty);
        return properties;
    }
}
