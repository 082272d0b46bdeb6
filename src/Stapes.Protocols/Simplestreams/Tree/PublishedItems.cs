using System.Text.Json.Nodes;
using Stapes.Core.Images;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>The items of a version that list one image, and the files that they name. Each file's name starts with its own hash.</summary>
internal sealed class PublishedItems
{
    private readonly string? rootType;
    private readonly string fingerprint;
    private readonly string metadataSha256;

    private PublishedItems(ReadImage image)
    {
        rootType = image.RootFormat is { } format ? FileTypes.OfRoot(format) : null;
        fingerprint = image.Fingerprint.Hex;
        metadataSha256 = image.MetadataFile.Digest.Hex;
    }

    /// <summary>Each item's key and the fields to set on it.</summary>
    public List<KeyValuePair<string, JsonObject>> Items { get; } = [];

    /// <summary>Each file and its normalised path.</summary>
    public List<(ImageFile File, string Path)> Files { get; } = [];

    public static PublishedItems Of(ReadImage image, IReadOnlyList<Audience> audiences)
    {
        var items = new PublishedItems(image);
        // The same file serves Incus and LXD, under the name that incus-simplestreams gives it.
        var metadataPath = $"images/{items.metadataSha256}.{(items.rootType is null ? FileTypes.IncusUnified : FileTypes.IncusMetadata)}";
        items.Files.Add((image.MetadataFile, metadataPath));
        foreach (var audience in audiences)
        {
            var type = items.rootType is null ? audience.UnifiedType() : audience.MetadataType();
            var item = Item(type, image.MetadataFile, metadataPath);
            if (items.rootType is null)
                item["combined_type"] = image.Type.ToName();
            else
                item[FileTypes.CombinedField(items.rootType)] = items.fingerprint;
            items.Items.Add(new(type, item));
        }

        if (items.rootType is not null)
        {
            var path = $"images/{image.RootFile!.Digest}{image.RootFile.Extension}";
            items.Files.Add((image.RootFile, path));
            items.Items.Add(new(items.rootType, Item(items.rootType, image.RootFile, path)));
        }

        return items;
    }

    /// <summary>Whether every item is in that version already.</summary>
    public bool AreListedBy(ProductVersion version) => Items.All(wanted =>
        version.Find(wanted.Key) is { } item && item.Sha256 == wanted.Value.Text("sha256")
        && (!FileTypes.IsMetadata(wanted.Key) || item.Combined(rootType!) == fingerprint));

    /// <summary>Whether the items can join that version: it has the same metadata, and no other file where one of them would go.</summary>
    public bool FitInto(ProductVersion version)
    {
        foreach (var item in version.Items)
        {
            // A unified image beside a split one would be a second image under the same names.
            var clashes = rootType is null
                ? FileTypes.IsMetadata(item.FileType) || (FileTypes.IsUnified(item.FileType) && item.Sha256 != metadataSha256)
                : FileTypes.IsUnified(item.FileType)
                    || (FileTypes.IsMetadata(item.FileType) && item.Sha256 != metadataSha256)
                    || (Items.Find(i => i.Key == item.FileType || i.Key == item.Key) is { Value: { } mine } && mine.Text("sha256") != item.Sha256);
            if (clashes)
                return false;
        }

        return true;
    }

    private static JsonObject Item(string type, ImageFile file, string path) => new()
    {
        ["ftype"] = type,
        ["path"] = path,
        ["sha256"] = file.Digest.Hex,
        ["size"] = file.Size,
    };
}
