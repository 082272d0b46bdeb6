using System.Text.Json.Nodes;
using Stapes.Core.Images;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>Where the files of a tree are not what its indexes say. Every file is read once.</summary>
internal static class FileFaults
{
    public static async Task<List<TreeFault>> FindAsync(SimplestreamsTree tree, TreeContent content, Action<long>? progress, CancellationToken cancellation)
    {
        var faults = new List<TreeFault>();
        var hashes = new FileHashes(tree, progress);
        foreach (var file in content.Files)
        {
            foreach (var product in file.Products)
            {
                foreach (var version in product.Versions)
                    await CheckVersionAsync(faults, hashes, file, $"{product.Name}:{version.Serial}", version, cancellation);
            }
        }

        foreach (var path in TreePrune.UnlistedFiles(tree, content))
            faults.Add(new("unlisted-file", path, $"{path} is named by no index; `prune` deletes it"));
        // Incus and LXD share the metadata: what is wrong with the file is no second fault.
        var told = new HashSet<string>(StringComparer.Ordinal);
        return [.. faults.Where(f => f.CanRepair || told.Add(f.What))];
    }

    private static async Task CheckVersionAsync(
        List<TreeFault> faults, FileHashes hashes, ProductsFile file, string where, ProductVersion version, CancellationToken cancellation)
    {
        var sound = new HashSet<string>(StringComparer.Ordinal);
        var tarballs = version.Items.Where(static i => FileTypes.IsMetadata(i.FileType)).Select(static i => TreePath.Normalize(i.Path)).OfType<string>().Distinct().ToList();
        foreach (var item in version.Items)
        {
            var prefixes = FileTypes.Roots.Contains(item.FileType) ? tarballs : [];
            if (await CheckItemAsync(faults, hashes, file, where, item, prefixes, cancellation))
                sound.Add(item.Key);
        }

        // A combined hash over files that are wrong themselves would only say the same thing again.
        foreach (var metadata in version.Items.Where(i => FileTypes.IsMetadata(i.FileType) && sound.Contains(i.Key)))
        {
            foreach (var root in version.Items.Where(i => FileTypes.Roots.Contains(i.FileType) && sound.Contains(i.Key)))
                CheckCombined(faults, hashes, file, where, metadata, root);
        }
    }

    /// <returns>Whether the file is there with the hash that the index states.</returns>
    private static async Task<bool> CheckItemAsync(
        List<TreeFault> faults, FileHashes hashes, ProductsFile file, string where, VersionItem item, IReadOnlyList<string> prefixes, CancellationToken cancellation)
    {
        if (item.Path is not { Length: > 0 } stated)
        {
            faults.Add(new("missing-path", where, $"The item \"{item.Key}\" of {where} has no path"));
            return false;
        }

        if (TreePath.Normalize(stated) is not { } path)
        {
            faults.Add(new("path-outside", where, $"The item \"{item.Key}\" of {where} has the path \"{stated}\", which leaves the tree"));
            return false;
        }

        FileHashes.Found? read;
        try
        {
            read = await hashes.ReadAsync(path, prefixes, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add(new("unreadable-file", path, $"File \"{path}\" of {where} cannot be read: {e.Message.ReplaceLineEndings(" ")}"));
            return false;
        }

        if (read is not { } found)
        {
            faults.Add(new("missing-file", path, $"Missing image file \"{path}\" of {where}: restore it, or `prune` to drop it from the index"));
            return false;
        }

        if (!Sha256Digest.TryParse(item.Sha256, out var sha256))
        {
            faults.Add(new("missing-hash", where, $"The item \"{item.Key}\" of {where} states no SHA256 hash for {path}: clients refuse it"));
            return false;
        }

        if (found.Digest != sha256)
        {
            var how = item.Size > found.Size ? $"is cut off: {found.Size} of {item.Size} bytes" : item.Size != found.Size ? $"has {found.Size} bytes instead of {item.Size}" : "was altered";
            faults.Add(new("altered-file", path, $"File \"{path}\" of {where} {how}: it has a different SHA256 hash than listed in the index; restore it, or remove the image"));
            return false;
        }

        if (item.Size != found.Size)
        {
            faults.Add(new("wrong-size", path, $"File \"{path}\" of {where} has {found.Size} bytes, the index says {item.Size?.ToString() ?? "nothing"}")
            {
                Repair = transaction => Set(transaction, file, item, "size", found.Size),
            });
        }

        return true;
    }

    private static void CheckCombined(
        List<TreeFault> faults, FileHashes hashes, ProductsFile file, string where, VersionItem metadata, VersionItem root)
    {
        var computed = hashes.Combined(TreePath.Normalize(metadata.Path)!, TreePath.Normalize(root.Path)!);
        var stated = metadata.Combined(root.FileType!);
        if (computed is null || stated == computed.Value.Hex)
            return;
        var field = FileTypes.CombinedField(root.FileType!);
        var what = stated is null
            ? $"The item \"{metadata.Key}\" of {where} has no {field}: its clients do not list the image"
            : $"The item \"{metadata.Key}\" of {where} has a wrong {field}: clients refuse the image";
        faults.Add(new(stated is null ? "missing-combined-hash" : "wrong-combined-hash", where, what)
        {
            Repair = transaction => Set(transaction, file, metadata, field, computed.Value.Hex),
        });
    }

    private static void Set(TreeTransaction transaction, ProductsFile file, VersionItem item, string field, JsonNode value)
    {
        item.Node[field] = value;
        transaction.Change(file);
    }
}
