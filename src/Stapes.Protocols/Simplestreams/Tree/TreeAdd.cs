using Stapes.Core;
using Stapes.Core.Images;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>How an image is to be listed.</summary>
public sealed record AddOptions
{
    /// <summary>Whose clients shall see it.</summary>
    public IReadOnlyList<Audience> Audiences { get; init; } = [Audience.Incus, Audience.Lxd];

    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Whether a new product gets the alias os/release/variant.</summary>
    public bool DefaultAlias { get; init; } = true;

    /// <summary>Null for os:release:variant:architecture.</summary>
    public string? ProductName { get; init; }

    /// <summary>Null to keep what the product says, or to use the release for a new one.</summary>
    public string? ReleaseTitle { get; init; }

    /// <summary>Null to keep what the product says.</summary>
    public DateOnly? SupportEol { get; init; }

    /// <summary>Null for the creation date, made unique.</summary>
    public string? Serial { get; init; }

    /// <summary>What the release is called by number (<c>version</c> of the product); null to keep what the product says.</summary>
    public string? ReleaseVersion { get; init; }

    /// <summary>What tells builds of one release apart (<c>label</c> of the version); null for none.</summary>
    public string? Label { get; init; }

    /// <summary>The serial to take if it is free, or the next free one after it; null for the creation date.</summary>
    public string? FirstSerial { get; init; }

    /// <summary>They go beside and above those of the metadata.</summary>
    public IReadOnlyDictionary<string, string> Requirements { get; init; } = new Dictionary<string, string>();
}

/// <summary>What adding did.</summary>
/// <param name="Product">The product's name.</param>
/// <param name="Serial">The version's key.</param>
/// <param name="Warnings">What the user should know; one line each.</param>
public sealed record Added(string Product, string Serial, IReadOnlyList<string> Warnings);

/// <summary>Lists an image in a tree. The bytes are the caller's matter: it puts them at the paths that it is told.</summary>
public static class TreeAdd
{
    /// <summary>What can be said before the tree is looked at, so that an image that fits into none waits for no turn.</summary>
    /// <exception cref="StapesException">The metadata lacks a property, or a name is impossible.</exception>
    public static void RequireListable(ReadImage image, AddOptions options)
    {
        _ = ProductIdentity.Of(image.Metadata, options.ProductName);
        foreach (var alias in options.Aliases)
            TreeAliases.RequireValid(alias);
        if (options.Serial is { } serial && !Serial.IsValid(serial))
            throw new StapesException(ErrorKind.Invalid, $"Clients would not list the serial \"{serial}\": start it with a date YYYYMMDD and use letters, digits and _.:- only");
    }

    /// <summary>Changes the transaction's content so that it lists the image.</summary>
    /// <param name="transaction">The writer's turn.</param>
    /// <param name="image">The image, as it was read.</param>
    /// <param name="options">How to list it.</param>
    /// <param name="place">Gets each file and the normalised path that it shall have.</param>
    /// <exception cref="StapesException">The metadata lacks a property, the image is listed already, or a name is taken.</exception>
    public static Added Add(TreeTransaction transaction, ReadImage image, AddOptions options, Action<ImageFile, string> place)
    {
        RequireListable(image, options);
        var identity = ProductIdentity.Of(image.Metadata, options.ProductName);
        var content = transaction.Content;
        var warnings = new List<string>();
        var (file, product) = FindOrCreate(content, identity, options, image.Metadata);
        var existing = product.Node.ContainsKey("versions");
        var items = PublishedItems.Of(image, options.Audiences);
        string serial;
        try
        {
            serial = ChooseSerial(product, image, items, options);
            ClaimAliases(content, product, existing, identity, image.Type, options, warnings);
        }
        catch (StapesException)
        {
            // Others may be added by the same transaction: a refused image leaves no trace in it.
            if (!existing)
                file.Remove(product.Name);
            throw;
        }

        ApplyDescription(product, image.Metadata, options);
        WriteItems(transaction, product, serial, items, options.Label);
        foreach (var (published, path) in items.Files)
            place(published, path);
        transaction.Change(file);
        return new(product.Name, serial, warnings);
    }

    private static void ClaimAliases(
        TreeContent content, Product product, bool existing, ProductIdentity identity, ImageType type, AddOptions options, List<string> warnings)
    {
        foreach (var (alias, other) in TreeAliases.FindTaken(content, product, type))
            warnings.Add($"The alias \"{alias}\" of {product.Name} leads to {other} too: clients find only one of the two; use `alias remove` for one of them");

        var wanted = options.Aliases.ToList();
        if (options.DefaultAlias && !existing)
        {
            if (TreeAliases.IsValid(identity.DefaultAlias))
                wanted.Insert(0, identity.DefaultAlias);
            else
                warnings.Add($"\"{identity.DefaultAlias}\" cannot be an alias and was not added; use --alias for another name");
        }

        TreeAliases.Claim(content, product, wanted, type, alias =>
        {
            if (alias != identity.DefaultAlias || options.Aliases.Contains(alias))
                return false;
            warnings.Add($"The alias \"{alias}\" leads to another product already and was not added; use --alias for another name, or `alias remove` for the other product's");
            return true;
        });
    }

    private static (ProductsFile, Product) FindOrCreate(TreeContent content, ProductIdentity identity, AddOptions options, ImageMetadata metadata)
    {
        foreach (var file in content.Files)
        {
            if (file.Find(identity.Name) is not { } product)
                continue;
            if (!Architecture.TryParse(product.Architecture, out var architecture) || architecture != metadata.Architecture)
            {
                throw new StapesException(ErrorKind.Conflict,
                    $"The product {identity.Name} is for the architecture {product.Architecture}, the image for {metadata.Architecture}; choose another --product-name");
            }

            return (file, product);
        }

        var created = content.Images.Add(identity.Name);
        created.SetAliases([]);
        created.Node["arch"] = identity.Architecture;
        created.Node["os"] = identity.Os;
        created.Node["release"] = identity.Release;
        created.Node["release_title"] = options.ReleaseTitle ?? identity.Release;
        created.Node["variant"] = identity.Variant;
        return (content.Images, created);
    }

    private static void ApplyDescription(Product product, ImageMetadata metadata, AddOptions options)
    {
        if (options.ReleaseTitle is not null)
            product.Node["release_title"] = options.ReleaseTitle;
        if (options.ReleaseVersion is not null)
            product.Node["version"] = options.ReleaseVersion;
        if (options.SupportEol is { } eol)
            product.Node["support_eol"] = eol.ToString("yyyy-MM-dd");
        foreach (var (key, value) in Requirements.Of(metadata.Properties).Concat(options.Requirements))
            product.Node.GetOrAddObject("requirements")[key] = value;
    }

    /// <summary>The version that takes the items: one with the same metadata and room for the root, or a new one.</summary>
    private static string ChooseSerial(Product product, ReadImage image, PublishedItems items, AddOptions options)
    {
        var versions = product.Versions.ToDictionary(static v => v.Serial);
        if (versions.Values.FirstOrDefault(items.AreListedBy) is { Serial: not null } listed)
        {
            throw new AlreadyListedException($"Already have the image {image.Fingerprint}: product {product.Name}, version {listed.Serial}; nothing was changed");
        }

        if (options.Serial is { } wanted)
        {
            return !versions.TryGetValue(wanted, out var taken) || items.FitInto(taken) ? wanted
                : throw new StapesException(ErrorKind.Conflict, $"The product {product.Name} has another image as version {wanted}; choose another --serial");
        }

        return Serial.Candidates(options.FirstSerial ?? Serial.FromTime(image.Metadata.CreatedAt))
            .FirstOrDefault(s => !versions.TryGetValue(s, out var version) || items.FitInto(version))
            ?? throw new StapesException(ErrorKind.Conflict, $"The product {product.Name} has too many images of the same minute; choose a --serial");
    }

    private static void WriteItems(TreeTransaction transaction, Product product, string serial, PublishedItems items, string? label)
    {
        var version = new ProductVersion(serial, product.Node.GetOrAddObject("versions").GetOrAddObject(serial));
        if (label is not null)
            version.Node["label"] = label;
        var target = version.Node.GetOrAddObject("items");
        foreach (var (key, fields) in items.Items)
        {
            // The type decides which item it is; another tool may have given it another key, and the same file another name.
            var item = version.Find(key)?.Node ?? target.GetOrAddObject(key);
            if (TreePath.Normalize(item.Text("path")) is { } old)
                transaction.Delete(old);
            foreach (var (name, value) in fields)
                item[name] = value?.DeepClone();
        }
    }
}
