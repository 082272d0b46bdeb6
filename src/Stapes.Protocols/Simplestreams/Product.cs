using System.Text.Json.Nodes;

namespace Stapes.Protocols.Simplestreams;

/// <summary>
/// One product of a products file: a view of its JSON. Every getter answers null or nothing where the file has something else than a
/// client expects there.
/// </summary>
public readonly record struct Product(string Name, JsonObject Node)
{
    public string? Architecture => Node.Text("arch");

    public string? Os => Node.Text("os");

    public string? Release => Node.Text("release");

    public string? ReleaseTitle => Node.Text("release_title");

    public string? Version => Node.Text("version");

    public string? Variant => Node.Text("variant");

    /// <summary>A date, YYYY-MM-DD.</summary>
    public string? SupportEol => Node.Text("support_eol");

    /// <summary>The names as clients split them: at commas, nothing trimmed.</summary>
    public IReadOnlyList<string> Aliases => Node.Text("aliases") is { Length: > 0 } text ? text.Split(',') : [];

    public bool HasAlias(string alias) => Node.Text("aliases") is { } text && text.Contains(alias, StringComparison.Ordinal) && text.Split(',').Contains(alias);

    public IEnumerable<ProductVersion> Versions => Node.Objects("versions").Select(static v => new ProductVersion(v.Name, v.Node));

    public IEnumerable<KeyValuePair<string, string>> Requirements =>
        Node["requirements"] is JsonObject map
            ? map.Where(static r => r.Value is JsonValue v && v.TryGetValue<string>(out _)).Select(static r => KeyValuePair.Create(r.Key, r.Value!.GetValue<string>()))
            : [];

    public void SetAliases(IEnumerable<string> aliases) => Node["aliases"] = string.Join(',', aliases);

    public void RemoveVersion(string serial) => (Node["versions"] as JsonObject)?.Remove(serial);
}

/// <summary>One version of a product: its serial and its files.</summary>
public readonly record struct ProductVersion(string Serial, JsonObject Node)
{
    public string? Label => Node.Text("label");

    public IEnumerable<VersionItem> Items => Node.Objects("items").Select(static i => new VersionItem(i.Name, i.Node));

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
public readonly record struct VersionItem(string Key, JsonObject Node)
{
    public string? FileType => Node.Text("ftype");

    /// <summary>Relative to the root of the server.</summary>
    public string? Path => Node.Text("path");

    public string? Sha256 => Node.Text("sha256");

    /// <summary>Bytes.</summary>
    public long? Size => Node.Number("size");

    public string? CombinedType => Node.Text("combined_type");

    /// <summary>The serial that a delta starts from.</summary>
    public string? DeltaBase => Node.Text("delta_base");

    /// <summary>The fingerprint that this metadata item states for the image with that root; null when it states none.</summary>
    public string? Combined(string rootFileType) =>
        Node.Text(FileTypes.CombinedField(rootFileType)) is { Length: > 0 } field ? field
        : rootFileType is FileTypes.RootTarball && Node.Text("combined_sha256") is { Length: > 0 } fallback ? fallback
        : null;
}
