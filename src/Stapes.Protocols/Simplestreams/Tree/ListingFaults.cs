using Stapes.Core.Images;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>What clients skip, confuse or cannot use, as far as the index files alone tell.</summary>
internal static class ListingFaults
{
    public static IEnumerable<TreeFault> Find(TreeContent content)
    {
        foreach (var file in content.Files)
        {
            foreach (var product in file.Products)
            {
                foreach (var fault in OfProduct(file, product))
                    yield return fault;
            }
        }

        foreach (var clash in TreeAliases.FindClashes(content))
        {
            yield return new("alias-clash", clash.Alias,
                $"The alias \"{clash.Alias}\" ({clash.Type.ToName()}, {clash.Architecture}) is claimed by {string.Join(" and ", clash.Products)}: clients find only one; use `alias remove`");
        }
    }

    private static IEnumerable<TreeFault> OfProduct(ProductsFile file, Product product)
    {
        var skips = new List<ClientView.Skip>();
        _ = ClientView.Images([product], [Audience.Incus, Audience.Lxd], skips.Add).Count();
        // A missing combined hash can be computed; FileFaults does that.
        foreach (var skip in skips.Distinct().Where(static s => !s.Reason.Contains("combined_", StringComparison.Ordinal)))
        {
            var where = skip.Serial is null ? product.Name : $"{product.Name}:{skip.Serial}";
            yield return new(skip.Serial is null ? "skipped-product" : "skipped-version", where, $"{where} is not listed: {skip.Reason}");
        }

        if (!product.Versions.Any())
            yield return new("empty-product", product.Name, $"The product {product.Name} has no version");
        foreach (var alias in product.Aliases.Where(static a => a.Length == 0 || a != a.Trim()))
        {
            yield return new("untrimmed-alias", product.Name, $"The product {product.Name} has the alias \"{alias}\", with blanks that clients do not trim")
            {
                Repair = transaction =>
                {
                    product.SetAliases(product.Aliases.Select(static a => a.Trim()).Where(static a => a.Length > 0).Distinct(StringComparer.Ordinal));
                    transaction.Change(file);
                },
            };
        }

        foreach (var version in product.Versions)
        {
            foreach (var fault in OfVersion(product, version))
                yield return fault;
        }
    }

    private static IEnumerable<TreeFault> OfVersion(Product product, ProductVersion version)
    {
        var where = $"{product.Name}:{version.Serial}";
        var items = version.Items.ToList();
        var metadata = items.Exists(static i => FileTypes.IsMetadata(i.FileType));
        var roots = items.Where(static i => FileTypes.Roots.Contains(i.FileType)).ToList();
        if (metadata && roots.Count == 0)
            yield return new("skipped-version", where, $"{where} is not listed: it has metadata, but no root file system or disk");
        if (!metadata && roots.Count > 0)
            yield return new("skipped-version", where, $"{where} is not listed: it has a root file system or disk, but no metadata");
        if (items.Count == 0)
            yield return new("skipped-version", where, $"{where} is not listed: it has no items");

        foreach (var root in roots)
        {
            var usable = items.Where(i => i.FileType == $"{root.FileType}.vcdiff" && product.Versions.Any(v => v.Serial == i.DeltaBase)).ToList();
            if (usable.Count > 1)
                yield return new("delta-clash", where, $"{where} has {usable.Count} usable deltas for {root.FileType}: Incus applies them all and fails; keep one");
            if (usable.Count > 0 && FileTypes.IsDisk(root.FileType))
                yield return new("disk-delta", where, $"{where} has a delta for a disk: Incus looks for its base among the squashfs images and fails; remove it");
        }
    }
}
