using System.Text.Json;

namespace Stapes.Protocols.Simplestreams;

/// <summary>The products of a file by name, in ordinal order. A file that is sorted already, as ours are, costs one comparison for each.</summary>
internal sealed class ProductTable
{
    private readonly List<KeyValuePair<string, ProductEntry>> products;

    /// <exception cref="JsonException">Two have one name.</exception>
    public ProductTable(IEnumerable<KeyValuePair<string, ProductEntry>> products)
    {
        this.products = [.. products];
        if (!IsSorted())
            this.products.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        for (var i = 1; i < this.products.Count; i++)
        {
            if (this.products[i - 1].Key == this.products[i].Key)
                throw new JsonException($"the product {this.products[i].Key} is there twice");
        }
    }

    public int Count => products.Count;

    public KeyValuePair<string, ProductEntry> this[int index] => products[index];

    public ProductEntry? Find(string name) => IndexOf(name) is >= 0 and var i ? products[i].Value : null;

    /// <param name="name">Must not be there.</param>
    /// <param name="product">What it names.</param>
    public void Add(string name, ProductEntry product)
    {
        var place = IndexOf(name);
        if (place >= 0)
            throw new InvalidOperationException($"The product {name} is there already.");
        products.Insert(~place, new(name, product));
    }

    public void Remove(string name)
    {
        if (IndexOf(name) is >= 0 and var i)
            products.RemoveAt(i);
    }

    /// <summary>A copy, so that products may come and go meanwhile.</summary>
    public KeyValuePair<string, ProductEntry>[] ToArray() => [.. products];

    private bool IsSorted()
    {
        for (var i = 1; i < products.Count; i++)
        {
            if (string.CompareOrdinal(products[i - 1].Key, products[i].Key) > 0)
                return false;
        }

        return true;
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
}
