using Stapes.Core.Library;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>
/// The products that list a set of images: every image exactly once, every alias on the product whose newest image it leads to. The
/// same images give the same products.
/// </summary>
internal static class ServedIndex
{
    /// <returns>In ordinal order of their names, which are unique.</returns>
    public static IReadOnlyList<ServedProduct> Of(IReadOnlyCollection<Image> images)
    {
        var aliases = new StoreAliases(images);
        var products = aliases.Assign(images.GroupBy(ProductFacts.Of).SelectMany(static g => ProductLine.Split(g.Key, g)))
            .OrderBy(static p => p.Facts.IsUnifiedMachine)
            .ThenByDescending(static p => p.Newest, ProductLine.Order)
            .ToList();

        var names = new HashSet<string>(StringComparer.Ordinal);
        var named = products.ConvertAll(product => aliases.AddDefault(product) with { Name = Names(product).First(names.Add) });
        named.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return named;
    }

    /// <summary>The product with the newest image has the plain name; the others tell theirs apart by an image in them.</summary>
    private static IEnumerable<string> Names(ServedProduct product)
    {
        var fingerprint = product.Newest.Fingerprint.Hex;
        yield return product.Facts.Name;
        yield return $"{product.Facts.Name}:{fingerprint[..12]}";
        for (var n = 2; ; n++)
            yield return $"{product.Facts.Name}:{fingerprint}:{n}";
    }
}
