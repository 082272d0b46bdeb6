using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Storage.FileSystem;
using Stapes.Protocols.Simplestreams.Serving;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>A file of a tree, by its normalised path.</summary>
internal readonly record struct TreeFile(string Path, long Size);

/// <summary>The images of a tree as a source has them: those that clients list and whose files are there.</summary>
/// <param name="Images">In the order of clients, each once.</param>
/// <param name="Files">Where the bytes of each digest lie, as the index says.</param>
/// <param name="HasMissingFiles">Whether the index lists images whose files are not there.</param>
internal sealed record TreeImages(IReadOnlyList<Image> Images, IReadOnlyDictionary<Sha256Digest, TreeFile> Files, bool HasMissingFiles)
{
    public static TreeImages Empty { get; } = new([], new Dictionary<Sha256Digest, TreeFile>(), HasMissingFiles: false);

    public static TreeImages Read(SimplestreamsTree tree, TreeContent content)
    {
        var reader = new Reader(tree);
        foreach (var audience in (Audience[])[Audience.Incus, Audience.Lxd])
            reader.Add(ClientView.Images(content.Products, audience));
        return new(reader.Images, reader.Files, reader.HasMissingFiles);
    }

    /// <summary>Whether a snapshot of these would say the same.</summary>
    public bool HasSameImages(TreeImages other) => Images.SequenceEqual(other.Images, SameRecord.Instance);

    private sealed class Reader(SimplestreamsTree tree)
    {
        private readonly Dictionary<string, long?> sizes = new(StringComparer.Ordinal);
        private readonly HashSet<Sha256Digest> known = [];
        private readonly HashSet<(ImageType, Architecture, string)> taken = [];

        public List<Image> Images { get; } = [];

        public Dictionary<Sha256Digest, TreeFile> Files { get; } = [];

        public bool HasMissingFiles { get; private set; }

        public void Add(IEnumerable<ListedImage> listed)
        {
            // An image without its files leaves its aliases to the next.
            var usable = listed.Where(i => FindAll(i) is not null);
            // An alias is of one architecture, so that the table of each holds all that clients of any find.
            foreach (var group in usable.GroupBy(static i => i.Architecture))
            {
                foreach (var image in AliasTable.Apply(group, group.Key))
                {
                    if (TryMake(image) is { } made && known.Add(made.Fingerprint))
                        Images.Add(made with { Aliases = AliasesOf(image) });
                }
            }
        }

        private List<ImageAlias> AliasesOf(ListedImage image) =>
        [
            .. image.Aliases.Where(a => a.Length > 0 && image.Product.Aliases.Contains(a) && taken.Add((image.Type, image.Architecture, a)))
                .Order(StringComparer.Ordinal).Select(static a => new ImageAlias(a, "")),
        ];

        private Image? TryMake(ListedImage listed)
        {
            if (!Sha256Digest.TryParse(listed.Fingerprint, out var fingerprint) || FindAll(listed) is not var (metadata, root))
                return null;

            var image = new Image
            {
                Fingerprint = fingerprint,
                Type = listed.Type,
                Architecture = listed.Architecture,
                FileName = listed.FileName,
                Public = true,
                Properties = PropertiesOf(listed),
                CreatedAt = listed.CreatedAt,
                UploadedAt = listed.CreatedAt,
                ExpiresAt = listed.ExpiresAt,
                MetadataFile = metadata,
                RootFile = root,
                RootFormat = listed.RootItem?.FileType switch
                {
                    null => null,
                    FileTypes.Squashfs => RootFormat.Squashfs,
                    FileTypes.RootTarball => RootFormat.Tarball,
                    _ => RootFormat.Qcow2,
                },
            };
            var name = listed.Product.Name;
            return ProductFacts.Of(image).Name == name ? image
                : image with { Properties = PropertyDictionary.From(image.Properties.Append(new(ProductFacts.NameProperty, name))) };
        }

        private static PropertyDictionary PropertiesOf(ListedImage listed) =>
            PropertyDictionary.From(listed.Product.ReleaseTitle is { Length: > 0 } title && title != listed.Product.Release
                ? listed.Properties.Append(new("release_title", title))
                : listed.Properties);

        private (ImageFile Metadata, ImageFile? Root)? FindAll(ListedImage image)
        {
            var metadata = Find(image.MetadataItem);
            var root = image.RootItem is { } item ? Find(item) : null;
            return metadata is null || (root is null && image.RootItem is not null) ? null : (metadata, root);
        }

        private ImageFile? Find(VersionItem item)
        {
            if (!Sha256Digest.TryParse(item.Sha256, out var digest) || TreePath.Normalize(item.Path) is not { } path)
                return null;
            if (!sizes.TryGetValue(path, out var size))
                sizes.Add(path, size = FileStamp.TryOf(tree.FullPath(path))?.Size);
            if (size is null)
            {
                HasMissingFiles = true;
                return null;
            }

            Files.TryAdd(digest, new(path, size.Value));
            return new(digest, size.Value, ExtensionOf(item.FileType, path));
        }

        /// <summary>Such a file's usual extension: the path may have any.</summary>
        private static string ExtensionOf(string? type, string path)
        {
            var name = path[(path.LastIndexOf('/') + 1)..];
            return type is FileTypes.Squashfs ? ".squashfs"
                : FileTypes.IsDisk(type) ? ".qcow2"
                : ((string[])[".tar.gz", ".tar.bz2", ".tar.xz", ".tar.lzma", ".tar.zst", ".tar"]).FirstOrDefault(e => name.EndsWith(e, StringComparison.Ordinal)) ?? ".tar.xz";
        }
    }

    private sealed class SameRecord : IEqualityComparer<Image>
    {
        public static readonly SameRecord Instance = new();

        public bool Equals(Image? x, Image? y) =>
            x is not null && y is not null
            && x with { Properties = y.Properties, Aliases = y.Aliases, Profiles = y.Profiles } == y
            && x.Properties.SequenceEqual(y.Properties) && x.Aliases.SequenceEqual(y.Aliases);

        public int GetHashCode(Image image) => image.Fingerprint.GetHashCode();
    }
}
