using System.IO.Enumeration;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>What to keep.</summary>
public sealed record PruneOptions
{
    /// <summary>How many versions of each product stay beside the newest.</summary>
    public int Retention { get; init; } = 2;

    /// <summary>Versions younger than this stay, however many they are; null for no such rule.</summary>
    public TimeSpan? OlderThan { get; init; }
}

/// <summary>What pruning takes away.</summary>
public sealed record PruneResult
{
    /// <summary>Items whose files are missing, as product:serial:path.</summary>
    public required IReadOnlyList<string> Items { get; init; }

    /// <summary>Versions that are too many, as product:serial.</summary>
    public required IReadOnlyList<string> Versions { get; init; }

    /// <summary>Files that no index names any more, or never did.</summary>
    public required IReadOnlyList<string> Files { get; init; }
}

/// <summary>Drops old versions, what the indexes list in vain, and the files that nothing lists.</summary>
public static class TreePrune
{
    private const string ImagesDirectory = "images";

    /// <summary>Prunes the tree; with <paramref name="dryRun"/> only says what would go.</summary>
    public static PruneResult Prune(SimplestreamsTree tree, TreeTransaction transaction, PruneOptions options, bool dryRun)
    {
        var items = new List<string>();
        var versions = new List<string>();
        foreach (var file in transaction.Content.Files)
        {
            var before = items.Count + versions.Count;
            foreach (var product in file.Products.ToList())
            {
                DropMissing(tree, transaction, product, items);
                DropOld(transaction, product, options, versions);
                DropDeltas(transaction, product, items);
                if (!product.Versions.Any() && items.Count + versions.Count > before)
                    file.Remove(product.Name);
            }

            if (items.Count + versions.Count > before)
                transaction.Change(file);
        }

        foreach (var path in UnlistedFiles(tree, transaction.Content))
            transaction.Delete(path);
        var files = dryRun ? transaction.DoomedFiles() : transaction.Commit();
        return new() { Items = items, Versions = versions, Files = files };
    }

    /// <summary>The files below images/ that no index names, normalised and sorted.</summary>
    internal static IEnumerable<string> UnlistedFiles(SimplestreamsTree tree, TreeContent content)
    {
        var directory = tree.FullPath(ImagesDirectory);
        if (!Directory.Exists(directory))
            return [];
        var listed = content.ReferencedPaths.ToHashSet(StringComparer.Ordinal);
        // A linked directory lies outside the tree: what is in it is not the tree's to delete.
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
        return new FileSystemEnumerable<string>(directory, static (ref entry) => entry.ToFullPath(), everything)
            {
                ShouldIncludePredicate = static (ref entry) => !entry.IsDirectory,
                ShouldRecursePredicate = static (ref entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
            }
            .Select(path => Path.GetRelativePath(tree.Root, path))
            .Where(path => !listed.Contains(path))
            .Order(StringComparer.Ordinal);
    }

    private static void DropMissing(SimplestreamsTree tree, TreeTransaction transaction, Product product, List<string> dropped)
    {
        foreach (var version in product.Versions.ToList())
        {
            var missing = version.Items.Where(i => TreePath.Normalize(i.Path) is not { } path || !File.Exists(tree.FullPath(path))).ToList();
            foreach (var item in missing)
            {
                dropped.Add($"{product.Name}:{version.Serial}:{item.Path}");
                TreeRemove.RemoveItem(transaction, version, item);
            }

            if (missing.Count > 0)
                TreeRemove.DropIfEmpty(transaction, product, version);
        }
    }

    private static void DropOld(TreeTransaction transaction, Product product, PruneOptions options, List<string> dropped)
    {
        foreach (var version in product.Versions.OrderByDescending(static v => v.Serial, StringComparer.Ordinal).Skip(options.Retention + 1).ToList())
        {
            if (options.OlderThan is { } age && (Serial.LatestTime(version.Serial) is not { } time || DateTimeOffset.UtcNow - time < age))
                continue;
            dropped.Add($"{product.Name}:{version.Serial}");
            TreeRemove.RemoveVersion(transaction, product, version);
        }
    }

    /// <summary>A delta from a version that is gone is of no use to any client.</summary>
    private static void DropDeltas(TreeTransaction transaction, Product product, List<string> dropped)
    {
        var serials = product.Versions.Select(static v => v.Serial).ToHashSet(StringComparer.Ordinal);
        foreach (var version in product.Versions.ToList())
        {
            foreach (var delta in version.Items.Where(i => i.DeltaBase is { } start && !serials.Contains(start)).ToList())
            {
                dropped.Add($"{product.Name}:{version.Serial}:{delta.Path}");
                TreeRemove.RemoveItem(transaction, version, delta);
            }
        }
    }
}
