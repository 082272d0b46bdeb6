using System.Text;
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

    private readonly ProductTable products;
    private readonly ReadOnlyMemory<byte> source;

    private ProductsFile(string path, JsonObject root, ReadOnlyMemory<byte> source, ProductTable products)
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
            for (var i = 0; i < products.Count; i++)
            {
                var (name, entry) = products[i];
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
        new([]));

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
        var products = new ProductTable(scan.Products.Select(static p => KeyValuePair.Create(p.Name, new ProductEntry(p))));
        return new ProductsFile(path, root, json, products) { HasSuspiciousPath = scan.HasSuspiciousPath };
    });

    public Product? Find(string name) => products.Find(name)?.Node is { } node ? new Product(name, node) : null;

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

    private static void WriteKey(Stream file, string key)
    {
        file.Write(Json.Write(writer => writer.WriteStringValue(key)).Span);
        file.Write(":"u8);
    }
}
