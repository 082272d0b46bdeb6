using System.Text.Json.Nodes;
using Stapes.Core;

namespace Stapes.Protocols.Simplestreams;

/// <summary>A products file (<c>format: products:1.0</c>), with everything in it that Stapes does not know.</summary>
public sealed class ProductsFile
{
    public const string Format = "products:1.0";

    private ProductsFile(string path, JsonObject root)
    {
        Path = path;
        Root = root;
    }

    /// <summary>Relative to the root of the server.</summary>
    public string Path { get; }

    public JsonObject Root { get; }

    /// <summary>In ordinal order of their names.</summary>
    public IEnumerable<Product> Products => Root.Objects("products").Select(static p => new Product(p.Name, p.Node));

    /// <summary>A new file without products.</summary>
    public static ProductsFile Create(string path) => new(path, new()
    {
        ["content_id"] = "images",
        ["datatype"] = "image-downloads",
        ["format"] = Format,
        ["products"] = new JsonObject(),
    });

    /// <param name="path">Relative to the root of the server, also for messages.</param>
    /// <param name="json">UTF-8.</param>
    /// <exception cref="StapesException">No JSON object, or its products are something else.</exception>
    public static ProductsFile Parse(string path, ReadOnlySpan<byte> json)
    {
        var root = Json.ParseObject(json, path);
        return root["products"] is null or JsonObject
            ? new(path, root)
            : throw new StapesException(ErrorKind.Invalid, $"{path} is no products file: its \"products\" are not an object; restore it from a copy");
    }

    public Product? Find(string name) =>
        Root.TryGetObject("products", out var products) && products.TryGetObject(name, out var node) ? new Product(name, node) : null;

    /// <summary>Adds a product that does not exist yet.</summary>
    public Product Add(string name)
    {
        var node = new JsonObject();
        Root.GetOrAddObject("products").Add(name, node);
        return new(name, node);
    }

    public void Remove(string product) => (Root["products"] as JsonObject)?.Remove(product);
}
