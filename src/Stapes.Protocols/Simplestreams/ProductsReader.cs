using System.Text.Json;
using Stapes.Core;

namespace Stapes.Protocols.Simplestreams;

/// <summary>A products file that is only read. <see cref="ProductsFile"/> is one that is changed.</summary>
internal static class ProductsReader
{
    /// <param name="path">Relative to the root of the server, for messages.</param>
    /// <param name="json">UTF-8; kept.</param>
    /// <returns>The products in ordinal order of their names.</returns>
    /// <exception cref="StapesException">As from <see cref="ProductsFile.Parse"/>.</exception>
    public static IReadOnlyList<Product> Read(string path, ReadOnlyMemory<byte> json)
    {
        var root = Json.ParseElement(json, path);
        if (root.ValueKind is not JsonValueKind.Object)
            throw new StapesException(ErrorKind.Invalid, $"{path} is not a JSON object; restore it from a copy");
        if (!root.TryGetProperty("products", out var products) || products.ValueKind is JsonValueKind.Null)
            return [];
        if (products.ValueKind is not JsonValueKind.Object)
            throw new StapesException(ErrorKind.Invalid, $"{path} is no products file: its \"products\" are not an object; restore it from a copy");
        return [.. JsonView.Members(products).Select(static p => new Product(p.Name, p.View))];
    }
}
