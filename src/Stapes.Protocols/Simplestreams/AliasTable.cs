using Stapes.Core.Images;

namespace Stapes.Protocols.Simplestreams;

/// <summary>
/// Which image each alias leads to. An alias belongs to a type and an architecture; where several images claim it, the one that
/// sorts first has it. Source: Incus, <c>shared/simplestreams/simplestreams.go</c> and <c>sort.go</c>.
/// </summary>
public static class AliasTable
{
    /// <summary>The images in the order of clients, each with the aliases that it wins on a machine of that architecture.</summary>
    public static IReadOnlyList<ListedImage> Apply(IEnumerable<ListedImage> images, Architecture local)
    {
        var taken = new Dictionary<Architecture, HashSet<string>>[2];
        var result = new List<ListedImage>();
        foreach (var image in images.Order(ClientOrder.Instance))
        {
            var names = Names(image);
            var aliases = new List<string>();
            foreach (var name in image.Product.Aliases)
            {
                if (names.Add(name) && image.Architecture == local)
                    aliases.Add(name);
                var qualified = $"{name}/{image.ArchitectureName}";
                if (names.Add(qualified))
                    aliases.Add(qualified);
            }

            result.Add(image with { Aliases = aliases });
        }

        return result;

        HashSet<string> Names(ListedImage image)
        {
            var byArchitecture = taken[(int)image.Type] ??= [];
            if (!byArchitecture.TryGetValue(image.Architecture, out var names))
                byArchitecture[image.Architecture] = names = new(StringComparer.Ordinal);
            return names;
        }
    }

    /// <summary>os, release, variant ascending, serial descending, architecture, then the kinds of roots as clients prefer them.</summary>
    private sealed class ClientOrder : IComparer<ListedImage>
    {
        public static readonly ClientOrder Instance = new();

        public int Compare(ListedImage? x, ListedImage? y)
        {
            if (x is null || y is null)
                return x is null ? (y is null ? 0 : -1) : 1;
            var order = Ascending(x.Os, y.Os);
            if (order == 0)
                order = Ascending(x.Release, y.Release);
            if (order == 0)
                order = Ascending(x.Variant, y.Variant);
            if (order == 0)
                order = string.CompareOrdinal(y.Version.Serial, x.Version.Serial);
            if (order == 0)
                order = Ascending(x.ArchitectureName, y.ArchitectureName);
            if (order != 0)
                return order;
            var types = Rank(x) - Rank(y);
            return types != 0 ? types : string.CompareOrdinal(x.Fingerprint, y.Fingerprint);
        }

        /// <summary>What is empty comes last.</summary>
        private static int Ascending(string a, string b) =>
            (a.Length == 0) != (b.Length == 0) ? (a.Length == 0 ? 1 : -1) : string.CompareOrdinal(a, b);

        // Clients leave unified images at the rank of the first kind; the fingerprint then makes the order certain.
        private static int Rank(ListedImage image) =>
            image.RootItem?.FileType is { } type ? FileTypes.Roots.Index().First(t => t.Item == type).Index : 0;
    }
}
