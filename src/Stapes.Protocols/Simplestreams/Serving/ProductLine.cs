using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>
/// Makes products out of images that an index describes alike. A client gives the aliases of a product to its newest image of each
/// type, so that the newest images and those without aliases make one product, and older ones with aliases have products of their own.
/// </summary>
internal static class ProductLine
{
    /// <summary>The newest last: by creation, then by upload.</summary>
    public static IComparer<Image> Order { get; } = Comparer<Image>.Create(static (a, b) =>
    {
        var order = a.CreatedAt.CompareTo(b.CreatedAt);
        order = order != 0 ? order : a.UploadedAt.CompareTo(b.UploadedAt);
        order = order != 0 ? order : string.CompareOrdinal(a.Properties.GetValueOrDefault("serial"), b.Properties.GetValueOrDefault("serial"));
        return order != 0 ? order : string.CompareOrdinal(a.Fingerprint.Hex, b.Fingerprint.Hex);
    });

    /// <summary>The products, not named yet.</summary>
    /// <param name="facts">What all the images have in common.</param>
    /// <param name="images">At least one, in any order.</param>
    public static IEnumerable<ServedProduct> Split(ProductFacts facts, IEnumerable<Image> images)
    {
        var line = images.Order(Order).Select(static i => (Image: i, Aliases: AliasesOf(i))).ToList();
        var newest = line.GroupBy(static i => i.Image.Type).Select(static g => g.Last()).ToList();
        // Containers and machines share a product where the same aliases lead to both.
        var together = newest.TrueForAll(n => n.Aliases.SequenceEqual(newest[0].Aliases));
        return
            from entry in line
            let leads = entry.Aliases.Count == 0 || newest.Exists(n => n.Image == entry.Image)
            group entry by leads ? (together ? null : entry.Image.Type, "") : ((ImageType?)null, string.Join(',', entry.Aliases)) into product
            select new ServedProduct
            {
                Facts = facts,
                Versions = Versions(product.Select(static e => e.Image)),
                StoreAliases = product.Last().Aliases,
            };
    }

    /// <summary>The aliases of an image that an index can hold: it separates them by commas.</summary>
    public static IReadOnlyList<string> AliasesOf(Image image) =>
        [.. image.Aliases.Select(static a => a.Name).Where(static n => n.Length > 0 && !n.Contains(',', StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    private static List<ServedVersion> Versions(IEnumerable<Image> images)
    {
        var versions = new List<ServedVersion>();
        foreach (var image in images)
        {
            if (versions is [.., var last] && AreOneVersion(last, image))
            {
                versions[^1] = last with { Images = [last.Images[0], image] };
                continue;
            }

            var serial = SerialOf(image);
            if (versions is [.., var before] && string.CompareOrdinal(serial, before.Serial) <= 0)
                serial = Serial.After(before.Serial);
            versions.Add(new(serial, image.Properties.GetValueOrDefault("label", ""), [image]));
        }

        return versions;
    }

    private static bool AreOneVersion(ServedVersion version, Image image) =>
        version.Images is [{ RootFile: not null } other] && image.RootFile is not null
        && other.Type != image.Type
        && other.MetadataFile.Digest == image.MetadataFile.Digest
        && version.Label == image.Properties.GetValueOrDefault("label", "")
        && SerialOf(other) == SerialOf(image);

    /// <summary>The image's own, as images from other servers have it, if it tells the day of the creation; else the creation in UTC.</summary>
    private static string SerialOf(Image image)
    {
        var created = Serial.FromTime(image.CreatedAt);
        return image.Properties.GetValueOrDefault("serial") is { Length: <= 64 } own && Serial.IsValid(own) && own.AsSpan(0, 8).SequenceEqual(created.AsSpan(0, 8))
            ? own
            : created;
    }
}
