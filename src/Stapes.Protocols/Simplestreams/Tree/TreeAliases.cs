using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>The aliases of products, and whom else they would lead to.</summary>
public static class TreeAliases
{
    /// <summary>Two products that claim one alias for the same type and architecture: clients find only the first.</summary>
    public sealed record Clash(string Alias, ImageType Type, Architecture Architecture, IReadOnlyList<string> Products);

    /// <summary>Every clash in the tree, sorted by alias.</summary>
    public static IEnumerable<Clash> FindClashes(TreeContent content) =>
        from claim in Claims(content.Products)
        group claim by (claim.Alias, claim.Type, claim.Architecture) into claims
        let products = claims.Select(static c => c.Product).Distinct(StringComparer.Ordinal).ToList()
        where products.Count > 1
        orderby claims.Key.Alias
        select new Clash(claims.Key.Alias, claims.Key.Type, claims.Key.Architecture, products);

    /// <summary>Gives a product one more alias.</summary>
    /// <param name="transaction">The writer's turn.</param>
    /// <param name="alias">The new name.</param>
    /// <param name="target">The product's name, or the start of the fingerprint of one of its images.</param>
    /// <exception cref="StapesException">There is no such product, or the alias is taken or impossible.</exception>
    public static void Add(TreeTransaction transaction, string alias, string target)
    {
        var (file, product) = FindProduct(transaction.Content, target);
        if (product.Aliases.Contains(alias))
            throw new StapesException(ErrorKind.Conflict, $"The product {product.Name} has the alias \"{alias}\" already; nothing was changed");
        Claim(transaction.Content, product, [alias], type: null);
        transaction.Change(file);
    }

    /// <summary>Takes an alias from every product that has it, or from one.</summary>
    /// <exception cref="StapesException">No such product has it.</exception>
    public static void Remove(TreeTransaction transaction, string alias, string? target)
    {
        var only = target is null ? null : FindProduct(transaction.Content, target).Product.Name;
        foreach (var (file, product) in WithAlias(transaction.Content, alias, only))
        {
            product.SetAliases(product.Aliases.Where(a => a != alias));
            transaction.Change(file);
        }
    }

    /// <summary>Renames an alias on every product that has it; its place among the others stays.</summary>
    /// <exception cref="StapesException">No product has it, or the new name is taken or impossible.</exception>
    public static void Rename(TreeTransaction transaction, string alias, string newName)
    {
        RequireValid(newName);
        if (transaction.Content.WithAlias(newName).FirstOrDefault() is { Name: not null } taken)
            throw new StapesException(ErrorKind.Conflict, $"The alias \"{newName}\" belongs to the product {taken.Name}; choose another name, or remove it first");
        foreach (var (file, product) in WithAlias(transaction.Content, alias, only: null))
        {
            product.SetAliases(product.Aliases.Select(a => a == alias ? newName : a));
            transaction.Change(file);
        }
    }

    /// <summary>Gives a product more aliases.</summary>
    /// <param name="content">The tree; its other products are looked at.</param>
    /// <param name="product">The product, with its versions in place.</param>
    /// <param name="aliases">The names; those that it has already change nothing.</param>
    /// <param name="type">The type of image that the product holds or is about to hold; null for the types of its versions.</param>
    /// <param name="dropClashing">Says whether a name that clashes is dropped quietly instead of refused.</param>
    /// <exception cref="StapesException">A name cannot be an alias, or another product has it.</exception>
    internal static void Claim(TreeContent content, Product product, IEnumerable<string> aliases, ImageType? type, Func<string, bool>? dropClashing = null)
    {
        var mine = product.Aliases.ToList();
        foreach (var alias in aliases.Except(mine, StringComparer.Ordinal).ToList())
        {
            RequireValid(alias);
            if (FindOther(content, product, alias, type) is not { } other)
                mine.Add(alias);
            else if (dropClashing?.Invoke(alias) is not true)
                throw new StapesException(ErrorKind.Conflict, $"The alias \"{alias}\" belongs to the product {other}, for the same type and architecture; remove it there first (`alias remove`) or choose another");
        }

        product.SetAliases(mine);
    }

    /// <summary>The aliases of a product that, for that type of image, lead to another one too.</summary>
    internal static IEnumerable<(string Alias, string Other)> FindTaken(TreeContent content, Product product, ImageType type)
    {
        if (!Architecture.TryParse(product.Architecture, out var architecture))
            return [];
        var rivals = product.Aliases.SelectMany(content.WithAlias).Where(p => p.Name != product.Name).DistinctBy(static p => p.Name);
        return from claim in Claims(rivals)
               where claim.Type == type && claim.Architecture == architecture && product.Aliases.Contains(claim.Alias)
               group claim.Product by claim.Alias into others
               select (others.Key, others.First());
    }

    /// <summary>Takes the aliases of an image that is about to be added from every other product that has them for its type and architecture.</summary>
    internal static void TakeFromOthers(TreeTransaction transaction, ReadImage image, AddOptions options) =>
        TakeFromOthers(transaction, ProductIdentity.Of(image.Metadata, options.ProductName).Name, image.Type, image.Metadata.Architecture, options.Aliases);

    /// <summary>The same for an image that is there.</summary>
    internal static void TakeFromOthers(TreeTransaction transaction, Sha256Digest fingerprint, IEnumerable<ImageAlias> aliases)
    {
        var image = transaction.Content.List().FirstOrDefault(i => i.Fingerprint == fingerprint.Hex);
        if (image is not null)
            TakeFromOthers(transaction, image.Product.Name, image.Type, image.Architecture, [.. aliases.Select(static a => a.Name)]);
    }

    /// <summary>Gives the product of an image those of the aliases that it does not have.</summary>
    /// <returns>Whether there were any.</returns>
    /// <exception cref="StapesException">NotFound: there is no such image any more. Conflict: another product has an alias.</exception>
    internal static bool AddMissing(TreeTransaction transaction, Sha256Digest fingerprint, IEnumerable<string> aliases)
    {
        var (file, product) = FindProduct(transaction.Content, fingerprint.Hex);
        var missing = aliases.Except(product.Aliases).ToList();
        if (missing.Count == 0)
            return false;
        Claim(transaction.Content, product, missing, type: null);
        transaction.Change(file);
        return true;
    }

    internal static bool IsValid(string alias) =>
        alias.Length > 0 && !alias.Contains(',', StringComparison.Ordinal) && !alias.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c));

    /// <exception cref="StapesException">Clients could not split the list of aliases, or never find that name.</exception>
    internal static void RequireValid(string alias)
    {
        if (!IsValid(alias))
            throw new StapesException(ErrorKind.Invalid, $"\"{alias}\" cannot be an alias: use a name without commas, blanks and control characters");
    }

    private static void TakeFromOthers(TreeTransaction transaction, string mine, ImageType type, Architecture architecture, IReadOnlyList<string> aliases)
    {
        foreach (var file in transaction.Content.Files)
        {
            foreach (var product in aliases.SelectMany(file.WithAlias).DistinctBy(static p => p.Name).ToList())
            {
                var taken = Claims([product]).Where(c => c.Type == type && c.Architecture == architecture).Select(static c => c.Alias).Intersect(aliases).ToList();
                if (product.Name == mine || taken.Count == 0)
                    continue;
                product.SetAliases(product.Aliases.Except(taken));
                transaction.Change(file);
            }
        }
    }

    private static (ProductsFile File, Product Product) FindProduct(TreeContent content, string target)
    {
        foreach (var file in content.Files)
        {
            if (file.Find(target) is { } product)
                return (file, product);
        }

        var names = content.List().Where(i => target.Length > 0 && i.Fingerprint.StartsWith(target, StringComparison.OrdinalIgnoreCase)).Select(static i => i.Product.Name).Distinct().ToList();
        return names.Count switch
        {
            1 => FindProduct(content, names[0]),
            0 => throw new StapesException(ErrorKind.NotFound, $"There is no product \"{target}\" and no image with such a fingerprint; `list` and `alias list` show them"),
            _ => throw new StapesException(ErrorKind.Conflict, $"\"{target}\" matches images of several products: {string.Join(", ", names.Take(5))}; give the product's name"),
        };
    }

    private static List<(ProductsFile File, Product Product)> WithAlias(TreeContent content, string alias, string? only)
    {
        var found = content.Files.SelectMany(f => f.Products, static (file, product) => (File: file, Product: product))
            .Where(p => p.Product.Aliases.Contains(alias) && (only is null || p.Product.Name == only)).ToList();
        return found.Count > 0 ? found
            : throw new StapesException(ErrorKind.NotFound, $"{(only is null ? "No product has" : $"The product {only} does not have")} the alias \"{alias}\"; `alias list` shows them");
    }

    private static string? FindOther(TreeContent content, Product product, string alias, ImageType? type)
    {
        if (!Architecture.TryParse(product.Architecture, out var architecture))
            return null;
        var rivals = content.WithAlias(alias).Where(p => p.Name != product.Name).ToList();
        if (rivals.Count == 0)
            return null;
        var types = ClientView.Images([product], [Audience.Incus, Audience.Lxd]).Select(static i => i.Type).ToHashSet();
        if (type is { } one)
            types.Add(one);
        return Claims(rivals)
            .Where(c => c.Alias == alias && c.Architecture == architecture && types.Contains(c.Type))
            .Select(static c => c.Product).FirstOrDefault();
    }

    private static IEnumerable<(string Alias, ImageType Type, Architecture Architecture, string Product)> Claims(IEnumerable<Product> products) =>
        (from image in ClientView.Images(products, [Audience.Incus, Audience.Lxd])
         from alias in image.Product.Aliases
         select (alias, image.Type, image.Architecture, image.Product.Name)).Distinct();
}
