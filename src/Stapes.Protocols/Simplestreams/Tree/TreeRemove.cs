using Stapes.Core;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>Takes images out of a tree's indexes and has their files deleted, where nothing else names them.</summary>
public static class TreeRemove
{
    /// <param name="transaction">The writer's turn.</param>
    /// <param name="fingerprint">A fingerprint or the unique start of one.</param>
    /// <exception cref="StapesException">No image or more than one has such a fingerprint.</exception>
    public static void Remove(TreeTransaction transaction, string fingerprint)
    {
        var content = transaction.Content;
        var matches = Matches(content, fingerprint);
        if (matches.Count == 0)
            throw new StapesException(ErrorKind.NotFound, $"The requested image couldn't be found: no fingerprint starts with \"{fingerprint}\"; `list` shows them");
        if (matches.Count > 1)
        {
            throw new StapesException(ErrorKind.Conflict,
                $"More than one match for the provided partial fingerprint \"{fingerprint}\": {string.Join(", ", matches.Take(5))}; give more of it");
        }

        // The same image may be listed by several products and versions: it is gone only when it is gone from all.
        foreach (var file in content.Files)
        {
            foreach (var product in file.Products.ToList())
            {
                foreach (var version in product.Versions.ToList())
                {
                    if (!RemoveImage(transaction, version, matches.First()))
                        continue;
                    transaction.Change(file);
                    DropIfEmpty(transaction, product, version);
                    if (!product.Versions.Any())
                        file.Remove(product.Name);
                }
            }
        }
    }

    /// <summary>Takes a whole version out.</summary>
    internal static void RemoveVersion(TreeTransaction transaction, Product product, ProductVersion version)
    {
        foreach (var item in version.Items)
            Delete(transaction, item);
        product.RemoveVersion(version.Serial);
    }

    /// <summary>Takes an item out, and what other items say of it.</summary>
    internal static void RemoveItem(TreeTransaction transaction, ProductVersion version, VersionItem item)
    {
        Delete(transaction, item);
        version.RemoveItem(item.Key);
        if (!FileTypes.Roots.Contains(item.FileType))
            return;
        foreach (var other in version.Items.ToList())
        {
            if (FileTypes.IsMetadata(other.FileType))
            {
                other.Node.Remove(FileTypes.CombinedField(item.FileType!));
                if (item.FileType is FileTypes.RootTarball)
                    other.Node.Remove("combined_sha256");
            }
            else if (other.FileType == $"{item.FileType}.vcdiff")
            {
                Delete(transaction, other);
                version.RemoveItem(other.Key);
            }
        }
    }

    /// <summary>A version with metadata but no root, or the other way round, lists nothing: it goes.</summary>
    internal static bool DropIfEmpty(TreeTransaction transaction, Product product, ProductVersion version)
    {
        var items = version.Items.ToList();
        var split = items.Exists(static i => FileTypes.IsMetadata(i.FileType)) && items.Exists(static i => FileTypes.Roots.Contains(i.FileType));
        if (split || items.Exists(static i => FileTypes.IsUnified(i.FileType) || !IsOurs(i)))
            return false;
        RemoveVersion(transaction, product, version);
        return true;
    }

    private static bool IsOurs(VersionItem item) =>
        FileTypes.IsMetadata(item.FileType) || FileTypes.Roots.Contains(item.FileType) || item.FileType?.EndsWith(".vcdiff", StringComparison.Ordinal) is true;

    private static HashSet<string> Matches(TreeContent content, string fingerprint) =>
        ClientView.Images(content.Products, [Audience.Incus, Audience.Lxd])
            .Select(static i => i.Fingerprint)
            .Where(f => fingerprint.Length > 0 && f.StartsWith(fingerprint, StringComparison.OrdinalIgnoreCase))
            .ToHashSet(StringComparer.Ordinal);

    private static bool RemoveImage(TreeTransaction transaction, ProductVersion version, string fingerprint)
    {
        var doomed = new List<VersionItem>();
        foreach (var item in version.Items)
        {
            if (FileTypes.IsUnified(item.FileType) && item.Sha256 == fingerprint)
                doomed.Add(item);
            else if (FileTypes.IsMetadata(item.FileType))
                doomed.AddRange(version.Items.Where(root => FileTypes.Roots.Contains(root.FileType) && item.Combined(root.FileType!) == fingerprint));
        }

        foreach (var item in doomed.DistinctBy(static i => i.Key))
            RemoveItem(transaction, version, item);
        return doomed.Count > 0;
    }

    private static void Delete(TreeTransaction transaction, VersionItem item)
    {
        if (TreePath.Normalize(item.Path) is { } path)
            transaction.Delete(path);
    }
}
