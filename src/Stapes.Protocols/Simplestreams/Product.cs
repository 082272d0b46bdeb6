using System.Text.Json.Nodes;

namespace Stapes.Protocols.Simplestreams;

/// <summary>
/// One product of a products file: a view of its JSON. Every getter answers null or nothing where the file has something else than a
/// client expects there.
/// </summary>
public readonly record struct Product(string Name, JsonView View)
{
    public Product(string name, JsonObject node)
        : this(name, new JsonView(node))
    {
    }

    public JsonObject Node => View.Tree;

    public string? Architecture => View.Text("arch");

    public string? Os => View.Text("os");

    public string? Release => View.Text("release");

    public string? ReleaseTitle => View.Text("release_title");

    public string? Version => View.Text("version");

    public string? Variant => View.Text("variant");

    /// <summary>A date, YYYY-MM-DD.</summary>
    public string? SupportEol => View.Text("support_eol");

    /// <summary>The names as clients split them: at commas, nothing trimmed.</summary>
    public IReadOnlyList<string> Aliases => View.Text("aliases") is { Length: > 0 } text ? text.Split(',') : [];

    public bool HasAlias(string alias) => View.Text("aliases") is { } text && text.Contains(alias, StringComparison.Ordinal) && text.Split(',').Contains(alias);

    public IEnumerable<ProductVersion> Versions => View.Objects("versions").Select(static v => new ProductVersion(v.Name, v.View));

    public IEnumerable<KeyValuePair<string, string>> Requirements => View.Texts("requirements");

    public void SetAliases(IEnumerable<string> aliases) => Node["aliases"] = string.Join(',', aliases);

    public void RemoveVersion(string serial) => (Node["versions"] as JsonObject)?.Remove(serial);
}

/// <summary>One version of a product: its serial and its files.</summary>
public readonly record struct ProductVersion(string Serial, JsonView View)
{
    public ProductVersion(string serial, JsonObject node)
        : this(serial, new JsonView(node))
    {
    }

    public JsonObject Node => View.Tree;

    public string? Label => View.Text("label");

    public IEnumerable<VersionItem> Items => View.Objects("items").Select(static i => new VersionItem(i.Name, i.View));

    /// <summary>The first item of that type, in the order of the keys; null when there is none.</summary>
    public VersionItem? Find(string fileType)
    {
        foreach (var item in Items)
        {
            if (item.FileType == fileType)
                return item;
        }

        return null;
    }

    public void RemoveItem(string key) => (Node["items"] as JsonObject)?.Remove(key);
}

/// <summary>One file of a version. Its type decides what it is; its key does not.</summary>
public readonly record struct VersionItem(string Key, JsonView View)
{
    public JsonObject Node => View.Tree;

    public string? FileType => View.Text("ftype");

    /// <summary>Relative to the root of the server.</summary>
    public string? Path => View.Text("path");

    public string? Sha256 => View.Text("sha256");

    /// <summary>Bytes.</summary>
    public long? Size => View.Number("size");

    public string? CombinedType => View.Text("combined_type");

    /// <summary>The serial that a delta starts from.</summary>
    public string? DeltaBase => View.Text("delta_base");

    /// <summary>The fingerprint that this metadata item states for the image with that root; null when it states none.</summary>
    public string? Combined(string rootFileType) =>
        View.Text(FileTypes.CombinedField(rootFileType)) is { Length: > 0 } field ? field
        : rootFileType is FileTypes.RootTarball && View.Text("combined_sha256") is { Length: > 0 } fallback ? fallback
        : null;
}
