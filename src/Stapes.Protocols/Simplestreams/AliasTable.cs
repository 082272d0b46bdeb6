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
        var taken = new HashSet<(ImageType, Architecture, string)>();
        var result = new List<ListedImage>();
        foreach (var image in images.Order(ClientOrder.Instance))
        {
            var aliases = new List<string>();
            foreach (var name in image.Product.Aliases)
            {
                if (taken.Add((image.Type, image.Architecture, name)) && image.Architecture == local)
                    aliases.Add(name);
                var qualified = $"{name}/{image.Product.Architecture}";
                if (taken.Add((image.Type, image.Architecture, qualified)))
                    aliases.Add(qualified);
            }

            result.Add(image with { Aliases = aliases });
        }

        return result;
    }

    /// <summary>os, release, variant ascending, serial descending, architecture, then the kinds of roots as clients prefer them.</summary>
    private sealed class ClientOrder : IComparer<ListedImage>
    {
        public static readonly ClientOrder Instance = new();

        public int Compare(ListedImage? x, ListedImage? y)
        {
            if (x is null || y is null)
                return x is null ? (y is null ? 0 : -1) : 1;
            foreach (var property in (ReadOnlySpan<string>)["os", "release", "variant", "serial", "architecture"])
            {
                var (a, b) = (x.Property(property), y.Property(property));
                var order = string.CompareOrdinal(a, b);
                if (order == 0)
                    continue;
                if (a.Length == 0 || b.Length == 0)
                    return a.Length == 0 ? 1 : -1;
                return property == "serial" ? -order : order;
            }

            var types = Rank(x) - Rank(y);
            return types != 0 ? types : string.CompareOrdinal(x.Fingerprint, y.Fingerprint);
        }

        // Clients leave unified images at the rank of the first kind; the fingerprint then makes the order certain.
        private static int Rank(ListedImage image) =>
            image.RootItem?.FileType is { } type ? FileTypes.Roots.Index().First(t => t.Item == type).Index : 0;
    }
}
