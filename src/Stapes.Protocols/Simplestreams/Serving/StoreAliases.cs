using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>
/// Which aliases the products of an index get. Clients also make NAME/ARCHITECTURE of every alias, so that the aliases of two images
/// can collide although they differ; and LXD does not tell a unified virtual machine from a container.
/// </summary>
internal sealed class StoreAliases
{
    private readonly ILookup<string, Image> targets;
    private readonly Dictionary<(string, ImageType), Image> newest = [];
    private readonly HashSet<(ImageType, Architecture, string)> claimed = [];
    private readonly HashSet<string> derived = new(StringComparer.Ordinal);

    /// <param name="images">All images of the index.</param>
    public StoreAliases(IReadOnlyCollection<Image> images) =>
        targets = images.SelectMany(static i => ProductLine.AliasesOf(i), static (image, name) => (image, name))
            .ToLookup(static a => a.name, static a => a.image, StringComparer.Ordinal);

    /// <summary>Gives each product those of its aliases that lead clients where they lead in the store.</summary>
    public IEnumerable<ServedProduct> Assign(IEnumerable<ServedProduct> products)
    {
        foreach (var product in products)
        {
            var (name, lost) = product.Facts.ArchitectureNames
                .Select(n => (Name: n, Lost: product.StoreAliases.Where(a => LeadsAstray($"{a}/{n}", product)).ToList()))
                .MinBy(static c => c.Lost.Count);
            var assigned = product with { ArchitectureName = name, Aliases = [.. product.StoreAliases.Except(lost)] };
            foreach (var alias in assigned.Aliases)
            {
                Claim(assigned, alias);
                derived.Add($"{alias}/{name}");
            }

            if (product.Facts.DefaultAlias is { } common)
            {
                foreach (var image in product.NewestOfEachType())
                {
                    var key = (KeyOf(product, common), image.Type);
                    if (!newest.TryGetValue(key, out var other) || ProductLine.Order.Compare(image, other) > 0)
                        newest[key] = image;
                }
            }

            if (!product.Facts.IsUnifiedMachine || !assigned.Aliases.Any(a => targets[a].Any(i => i.Type is ImageType.Container && i.Architecture == product.Facts.Architecture)))
            {
                yield return assigned;
                continue;
            }

            yield return assigned with { Audiences = [Audience.Incus] };
            yield return assigned with { Audiences = [Audience.Lxd], StoreAliases = [], Aliases = [] };
        }
    }

    /// <summary>
    /// Adds os/release/variant to a product if it holds the newest images of that description and nothing else bears the name. To be
    /// called after <see cref="Assign"/> has seen all products, for those with unified machines last.
    /// </summary>
    public ServedProduct AddDefault(ServedProduct product)
    {
        if (product.Facts.DefaultAlias is not { } name
            || product.Audiences.Count < 2
            || targets.Contains(name) || derived.Contains(name)
            || name.Any(static c => c == ',' || char.IsControl(c) || char.IsWhiteSpace(c)))
        {
            return product;
        }

        var qualified = $"{name}/{product.ArchitectureName}";
        var free = !targets.Contains(qualified) && !derived.Contains(qualified)
            && product.NewestOfEachType().All(i => newest[(KeyOf(product, name), i.Type)] == i)
            && Scopes(product).All(t => !claimed.Contains((t, product.Facts.Architecture, name)) && !claimed.Contains((t, product.Facts.Architecture, qualified)));
        if (!free)
            return product;
        Claim(product, name);
        return product with { Aliases = [.. product.Aliases.Append(name).Order(StringComparer.Ordinal)] };
    }

    private static string KeyOf(ServedProduct product, string name) => $"{product.Facts.Architecture.Name}\0{name}";

    /// <summary>A name that clients derive is fine if it means nothing in the store, or just the product's newest images.</summary>
    private bool LeadsAstray(string name, ServedProduct product) =>
        targets.Contains(name) && !product.NewestOfEachType().All(targets[name].Contains);

    private void Claim(ServedProduct product, string alias)
    {
        foreach (var type in Scopes(product))
        {
            claimed.Add((type, product.Facts.Architecture, alias));
            claimed.Add((type, product.Facts.Architecture, $"{alias}/{product.ArchitectureName}"));
        }
    }

    private static IEnumerable<ImageType> Scopes(ServedProduct product) =>
        product.Facts.IsUnifiedMachine ? [ImageType.VirtualMachine, ImageType.Container] : product.NewestOfEachType().Select(static i => i.Type);
}
