using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stapes.Core;

namespace Stapes.Protocols.Simplestreams;

/// <summary>
/// A products file (<c>format: products:1.0</c>), with everything in it that Stapes does not know. A product becomes a JSON tree when it
/// is looked at; the others keep their bytes, so that one change among thousands of products costs little.
/// </summary>
public sealed class ProductsFile
{
    public const string Format = "products:1.0";

    private readonly SortedDictionary<string, Entry> products;
    private readonly int length;

    private ProductsFile(string path, JsonObject root, int length, SortedDictionary<string, Entry> products)
    {
        this.length = length;
        Path = path;
        Root = root;
        this.products = products;
    }

    /// <summary>Relative to the root of the server.</summary>
    public string Path { get; }

    /// <summary>All that the file says beside its products.</summary>
    public JsonObject Root { get; }

    /// <summary>In ordinal order of their names.</summary>
    public IEnumerable<Product> Products
    {
        get
        {
            // A copy, so that products may come and go meanwhile.
            foreach (var (name, entry) in products.ToArray())
            {
                if (entry.Node is { } node)
                    yield return new(name, node);
            }
        }
    }

    /// <summary>In ordinal order; cheaper than the products themselves.</summary>
    public IEnumerable<string> ProductNames => products.Where(static p => p.Value.IsObject).Select(static p => p.Key);

    /// <summary>Whether a path in the file may lead out of the tree, so that it is worth a closer look.</summary>
    internal bool HasSuspiciousPath { get; private init; }

    /// <summary>A new file without products.</summary>
    public static ProductsFile Create(string path) => new(
        path,
        new() { ["content_id"] = "images", ["datatype"] = "image-downloads", ["format"] = Format },
        0,
        new(StringComparer.Ordinal));

    /// <param name="path">Relative to the root of the server, also for messages.</param>
    /// <param name="json">UTF-8; kept.</param>
    /// <exception cref="StapesException">No JSON object, or its products are something else.</exception>
    public static ProductsFile Parse(string path, ReadOnlyMemory<byte> json) => Json.Guard(json.Span, path, () =>
    {
        var scan = new ProductsScan(json);
        scan.Run();
        if (scan.ProductsAreSomethingElse)
            throw new StapesException(ErrorKind.Invalid, $"{path} is no products file: its \"products\" are not an object; restore it from a copy");
        var root = new JsonObject();
        foreach (var (key, value) in scan.Others)
            root.Add(key, Json.ParseStrictly(value.Span));
        var products = new SortedDictionary<string, Entry>(StringComparer.Ordinal);
        foreach (var product in scan.Products)
        {
            var entry = new Entry(product.Json, product.IsObject);
            if (!products.TryAdd(product.Name, entry))
                throw new JsonException($"the product {product.Name} is there twice");
            // Whether its keys are unique shows only in the tree; and it is to be written in order anyway.
            if (!product.IsOrdered)
                entry.Load();
        }

        return new ProductsFile(path, root, json.Length, products) { HasSuspiciousPath = scan.HasSuspiciousPath };
    });

    public Product? Find(string name) => products.TryGetValue(name, out var entry) && entry.Node is { } node ? new Product(name, node) : null;

    /// <summary>Adds a product that does not exist yet.</summary>
    public Product Add(string name)
    {
        var node = new JsonObject();
        products.Add(name, new(node));
        return new(name, node);
    }

    public void Remove(string product) => products.Remove(product);

    /// <summary>The products that have an alias. Those whose bytes cannot hold it are not looked at.</summary>
    internal IEnumerable<Product> WithAlias(string alias)
    {
        var bytes = Encoding.UTF8.GetBytes(alias);
        foreach (var (name, entry) in products.ToArray())
        {
            if (entry.MayContain(bytes) && entry.Node is { } node && new Product(name, node) is var product && product.HasAlias(alias))
                yield return product;
        }
    }

    /// <summary>Compact UTF-8 with every object's keys in ordinal order: equal content gives equal bytes.</summary>
    internal ReadOnlyMemory<byte> ToBytes() => Json.Write(writer =>
    {
        writer.WriteStartObject();
        foreach (var (key, value) in Root.Select(static p => KeyValuePair.Create(p.Key, p.Value)).Append(new("products", null)).OrderBy(static p => p.Key, StringComparer.Ordinal))
        {
            writer.WritePropertyName(key);
            if (key == "products")
                WriteProducts(writer);
            else
                Json.WriteSorted(writer, value);
        }

        writer.WriteEndObject();
    }, expected: length + (1 << 16));

    private void WriteProducts(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var (name, entry) in products)
        {
            writer.WritePropertyName(name);
            entry.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>A product as bytes, or as a tree once somebody looked at it. What is no object is kept, but is no product.</summary>
    private sealed class Entry
    {
        private readonly ReadOnlyMemory<byte> json;
        private JsonNode? node;

        public Entry(JsonObject node)
        {
            this.node = node;
            IsObject = true;
        }

        public Entry(ReadOnlyMemory<byte> json, bool isObject)
        {
            this.json = json;
            IsObject = isObject;
        }

        public bool IsObject { get; }

        /// <summary>Bytes that were not loaded yet have no escapes: what they do not hold as it is, they do not hold.</summary>
        public bool MayContain(ReadOnlySpan<byte> text) => node is not null || json.Span.IndexOf(text) >= 0;

        public JsonObject? Node
        {
            get
            {
                if (IsObject)
                    Load();
                return node as JsonObject;
            }
        }

        public void Load() => node ??= Json.ParseStrictly(json.Span);

        public void WriteTo(Utf8JsonWriter writer)
        {
            if (node is null)
                writer.WriteRawValue(json.Span, skipInputValidation: true);
            else
                Json.WriteSorted(writer, node);
        }
    }
}
