using System.Text.Json.Nodes;
using Stapes.Core;

namespace Stapes.Protocols.Simplestreams;

/// <summary>The file <c>streams/v1/index.json</c> (<c>format: index:1.0</c>): which products files there are.</summary>
public sealed class IndexFile
{
    public const string Path = "streams/v1/index.json";

    /// <summary>The products file that Stapes and incus-simplestreams write.</summary>
    public const string ImagesPath = "streams/v1/images.json";

    private const string ImageDownloads = "image-downloads";

    private IndexFile(JsonObject root) => Root = root;

    public JsonObject Root { get; }

    /// <summary>The entries that image clients look at, in ordinal order of their keys.</summary>
    public IEnumerable<Entry> Entries => Root.Objects("index")
        .Where(static e => e.Node.Text("datatype") == ImageDownloads && e.Node.Text("path") is { Length: > 0 })
        .Select(static e => new Entry(e.Name, e.Node));

    public static IndexFile Create() => new(new() { ["format"] = "index:1.0", ["index"] = new JsonObject() });

    /// <exception cref="StapesException">No JSON object.</exception>
    public static IndexFile Parse(ReadOnlyMemory<byte> json) => new(Json.ParseObject(json, Path));

    /// <summary>Makes the entry of a products file name the products that are in it; true when that changed something.</summary>
    public bool Update(ProductsFile products)
    {
        var names = products.ProductNames.ToList();
        var entry = Entries.FirstOrDefault(e => TreePath.Normalize(e.Path) == products.Path).Node;
        if (entry is null)
        {
            var entries = Root.GetOrAddObject("index");
            var key = System.IO.Path.GetFileNameWithoutExtension(products.Path);
            while (entries.ContainsKey(key))
                key += "-images";
            entries[key] = entry = new()
            {
                ["datatype"] = ImageDownloads,
                ["format"] = ProductsFile.Format,
                ["path"] = products.Path,
            };
        }
        else if (Equal(entry["products"], names))
        {
            return false;
        }

        var array = new JsonArray();
        foreach (var name in names)
            array.Add((JsonNode)name);
        entry["products"] = array;
        return true;
    }

    private static bool Equal(JsonNode? node, List<string> names)
    {
        if (node is not JsonArray array || array.Count != names.Count)
            return false;
        for (var i = 0; i < names.Count; i++)
        {
            if (array[i] is not JsonValue value || !value.TryGetValue<string>(out var name) || name != names[i])
                return false;
        }

        return true;
    }

    /// <summary>One products file, as the index describes it.</summary>
    public readonly record struct Entry(string Key, JsonObject Node)
    {
        /// <summary>Relative to the root of the server; not checked.</summary>
        public string Path => Node.Text("path") ?? "";

        /// <summary>The products that it claims to hold; clients fetch the file only when there is at least one.</summary>
        public IEnumerable<string> Products =>
            Node["products"] is JsonArray names ? names.OfType<JsonValue>().Where(static n => n.TryGetValue<string>(out _)).Select(static n => n.GetValue<string>()) : [];
    }
}
