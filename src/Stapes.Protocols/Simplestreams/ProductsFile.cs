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

    private const int WriteBuffer = 1 << 14;

    /// <summary>In ordinal order of the names.</summary>
    private readonly List<KeyValuePair<string, Entry>> products;
    private readonly ReadOnlyMemory<byte> source;

    private ProductsFile(string path, JsonObject root, ReadOnlyMemory<byte> source, List<KeyValuePair<string, Entry>> products)
    {
        this.source = source;
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
    public IEnumerable<string> ProductNames
    {
        get
        {
            foreach (var (name, entry) in products)
            {
                if (entry.IsObject)
                    yield return name;
            }
        }
    }

    /// <summary>Whether a path in the file may lead out of the tree, so that it is worth a closer look.</summary>
    internal bool HasSuspiciousPath { get; private init; }

    /// <summary>A new file without products.</summary>
    public static ProductsFile Create(string path) => new(
        path,
        new() { ["content_id"] = "images", ["datatype"] = "image-downloads", ["format"] = Format },
        default,
        []);

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
        var products = new List<KeyValuePair<string, Entry>>(scan.Products.Count + 1);
        var isSorted = true;
        foreach (var product in scan.Products)
        {
            isSorted = isSorted && (products.Count == 0 || string.CompareOrdinal(products[^1].Key, product.Name) < 0);
            products.Add(new(product.Name, new(product)));
        }

        if (!isSorted)
            Sort(products);
        return new ProductsFile(path, root, json, products) { HasSuspiciousPath = scan.HasSuspiciousPath };
    });

    public Product? Find(string name) => IndexOf(name) is >= 0 and var i && products[i].Value.Node is { } node ? new Product(name, node) : null;

    /// <summary>Adds a product that does not exist yet.</summary>
    public Product Add(string name)
    {
        var place = IndexOf(name);
        if (place >= 0)
            throw new InvalidOperationException($"The product {name} is there already");
        var node = new JsonObject();
        products.Insert(~place, new(name, new(node)));
        return new(name, node);
    }

    public void Remove(string product)
    {
        if (IndexOf(product) is >= 0 and var i)
            products.RemoveAt(i);
    }

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

    /// <summary>Writes compact UTF-8 with every object's keys in ordinal order: equal content gives equal bytes.</summary>
    internal void WriteTo(Stream target)
    {
        var file = new BufferedStream(target, WriteBuffer);
        var separator = "{"u8;
        foreach (var (key, value) in Root.Append(new("products", null)).OrderBy(static p => p.Key, StringComparer.Ordinal))
        {
            file.Write(separator);
            separator = ","u8;
            WriteKey(file, key);
            if (key == "products")
                WriteProducts(file);
            else
                file.Write(Json.Write(writer => Json.WriteSorted(writer, value)).Span);
        }

        file.Write("}"u8);
        file.Flush();
    }

    /// <summary>Untouched products that follow each other are written as they lie in the file.</summary>
    private void WriteProducts(Stream file)
    {
        var separator = "{"u8;
        for (var i = 0; i < products.Count; i++)
        {
            file.Write(separator);
            separator = ","u8;
            var (name, entry) = products[i];
            if (entry.Untouched is { } first)
            {
                var end = first.End.Value;
                // What lies between two members is a comma.
                for (; i + 1 < products.Count && products[i + 1].Value.Untouched is { } next && next.Start.Value == end + 1; i++)
                    end = next.End.Value;
                file.Write(source.Span[first.Start.Value..end]);
            }
            else
            {
                WriteKey(file, name);
                file.Write(entry.ToBytes().Span);
            }
        }

        file.Write(products.Count == 0 ? "{}"u8 : "}"u8);
    }

    /// <exception cref="JsonException">Two have one name.</exception>
    private static void Sort(List<KeyValuePair<string, Entry>> products)
    {
        products.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        for (var i = 1; i < products.Count; i++)
        {
            if (products[i - 1].Key == products[i].Key)
                throw new JsonException($"the product {products[i].Key} is there twice");
        }
    }

    /// <summary>Where a product is; the complement of where it would be when there is none.</summary>
    private int IndexOf(string name)
    {
        var (low, high) = (0, products.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            switch (string.CompareOrdinal(products[middle].Key, name))
            {
                case 0: return middle;
                case < 0: low = middle + 1; break;
                default: high = middle - 1; break;
            }
        }

        return ~low;
    }

    private static void WriteKey(Stream file, string key)
    {
        file.Write(Json.Write(writer => writer.WriteStringValue(key)).Span);
        file.Write(":"u8);
    }

    /// <summary>A product as bytes, or as a tree once somebody looked at it. What is no object is kept, but is no product.</summary>
    private sealed class Entry
    {
        private readonly ReadOnlyMemory<byte> json;
        private readonly Range? member;
        private JsonNode? node;

        public Entry(JsonObject node)
        {
            this.node = node;
            IsObject = true;
        }

        public Entry(ProductsScan.Found found)
        {
            json = found.Json;
            member = found.Member;
            IsObject = found.IsObject;
            // Whether its keys are unique shows only in the tree; and it is to be written in order anyway.
            if (!found.IsOrdered)
                Load();
        }

        public bool IsObject { get; }

        /// <summary>Where it lies in the file, name and value, as it is to be written; null when it has to be written anew.</summary>
        public Range? Untouched => node is null ? member : null;

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

        public ReadOnlyMemory<byte> ToBytes() => node is null ? json : Json.Write(writer => Json.WriteSorted(writer, node));

        private void Load() => node ??= Json.ParseStrictly(json.Span);
    }
}
