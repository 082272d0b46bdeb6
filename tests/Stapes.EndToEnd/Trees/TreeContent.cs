using System.Security.Cryptography;
using System.Text.Json;

namespace Stapes.EndToEnd.Trees;

/// <summary>
/// What a client finds in a tree, read here without any of the program's own code: every file that an index names must be there
/// with the size and the hash that the index states, or reading fails.
/// </summary>
internal sealed record TreeContent(IReadOnlyList<string> Versions, IReadOnlySet<string> Fingerprints, IReadOnlySet<string> Files)
{
    public static TreeContent Read(string directory)
    {
        var content = new TreeContent([], new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal));
        var index = Path.Combine(directory, "streams/v1/index.json");
        if (!File.Exists(index))
            return content;    // nothing was published yet

        var versions = new List<string>();
        foreach (var stream in Parse(index).GetProperty("index").EnumerateObject())
        {
            var products = Parse(Path.Combine(directory, stream.Value.GetProperty("path").GetString()!)).GetProperty("products");
            foreach (var product in products.EnumerateObject())
            {
                foreach (var version in product.Value.GetProperty("versions").EnumerateObject())
                {
                    versions.Add($"{product.Name} {version.Name}");
                    content.Take(directory, version.Value.GetProperty("items"));
                }
            }
        }

        return content with { Versions = [.. versions.Order(StringComparer.Ordinal)] };
    }

    /// <summary>The files below images/ that no index names.</summary>
    public IReadOnlyList<string> Unnamed(string directory) =>
    [
        .. Directory.GetFiles(Path.Combine(directory, "images"), "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(directory, file)).Where(file => !Files.Contains(file)).Order(StringComparer.Ordinal),
    ];

    private void Take(string directory, JsonElement items)
    {
        foreach (var item in items.EnumerateObject().Select(item => item.Value))
        {
            var path = item.GetProperty("path").GetString()!;
            var file = new FileInfo(Path.Combine(directory, path));
            file.Exists.ShouldBeTrue($"the index names {path}");
            file.Length.ShouldBe(item.GetProperty("size").GetInt64(), path);
            Hash(file).ShouldBe(item.GetProperty("sha256").GetString(), path);
            ((ISet<string>)Files).Add(path);
            foreach (var combined in item.EnumerateObject().Where(property => property.Name.StartsWith("combined_", StringComparison.Ordinal)))
                ((ISet<string>)Fingerprints).Add(combined.Value.GetString()!);
        }
    }

    private static string Hash(FileInfo file)
    {
        using var stream = file.OpenRead();
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static JsonElement Parse(string path) => JsonDocument.Parse(File.ReadAllBytes(path)).RootElement;
}
