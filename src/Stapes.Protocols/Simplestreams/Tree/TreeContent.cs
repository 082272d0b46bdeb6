using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>The index files of a tree, parsed.</summary>
public sealed class TreeContent
{
    private TreeContent(IndexFile index, IReadOnlyList<ProductsFile> files)
    {
        Index = index;
        Files = files;
    }

    public IndexFile Index { get; }

    /// <summary>Every products file that the index names, and images.json in any case, in the index's order.</summary>
    public IReadOnlyList<ProductsFile> Files { get; }

    /// <summary>The products file that new images go to.</summary>
    public ProductsFile Images => Files.First(static f => f.Path == IndexFile.ImagesPath);

    public IEnumerable<Product> Products => Files.SelectMany(static f => f.Products);

    /// <summary>The products that have an alias; cheaper than a look at all.</summary>
    internal IEnumerable<Product> WithAlias(string alias) => Files.SelectMany(f => f.WithAlias(alias));

    /// <summary>Every file that an index names, normalised; the paths that leave the tree are not among them.</summary>
    public IEnumerable<string> ReferencedPaths =>
        from product in Products
        from version in product.Versions
        from item in version.Items
        let path = TreePath.Normalize(item.Path)
        where path is not null
        select path;

    /// <summary>The images as Incus lists them, and after them those that only LXD lists.</summary>
    public IReadOnlyList<ListedImage> List()
    {
        var images = ClientView.Images(Products, [Audience.Incus, Audience.Lxd]).ToLookup(static i => i.Audience);
        var incus = AliasTable.Apply(images[Audience.Incus], Architecture.Local);
        var known = incus.Select(static i => i.Fingerprint).ToHashSet(StringComparer.Ordinal);
        return [.. incus, .. AliasTable.Apply(images[Audience.Lxd].Where(i => !known.Contains(i.Fingerprint)), Architecture.Local)];
    }

    /// <summary>Reads the files; images.json is empty where it is missing.</summary>
    /// <exception cref="StapesException">A file cannot be read, or there is none and <paramref name="mustExist"/>.</exception>
    internal static TreeContent Read(SimplestreamsTree tree, bool mustExist)
    {
        var index = ReadFile(tree, IndexFile.Path) is { } json ? IndexFile.Parse(json)
            : mustExist ? throw Missing(tree)
            : IndexFile.Create();
        var paths = index.Entries.Select(static e => TreePath.Normalize(e.Path) ?? throw Outside(IndexFile.Path, e.Path))
            .Append(IndexFile.ImagesPath).Distinct();
        return new(index, [.. paths.Select(path => ReadProducts(tree, path))]);
    }

    internal static StapesException Missing(SimplestreamsTree tree) => new(ErrorKind.NotFound,
        $"There is no simplestreams tree in {tree.Root}: {IndexFile.Path} is missing; `add` makes one, -C names another directory");

    /// <exception cref="StapesException">A path leads out of the tree: nothing may be deleted or written by such an index.</exception>
    internal void RequireInside()
    {
        foreach (var product in Files.Where(static f => f.HasSuspiciousPath).SelectMany(static f => f.Products))
        {
            foreach (var item in product.Versions.SelectMany(static v => v.Items))
            {
                if (item.Path is not null && TreePath.Normalize(item.Path) is null)
                    throw Outside($"the product {product.Name}", item.Path);
            }
        }
    }

    private static ProductsFile ReadProducts(SimplestreamsTree tree, string path) =>
        ReadFile(tree, path) is { } json ? ProductsFile.Parse(path, json)
        : path == IndexFile.ImagesPath ? ProductsFile.Create(path)
        : throw new StapesException(ErrorKind.Invalid, $"{IndexFile.Path} names {path}, which is missing; restore it or remove its entry");

    private static byte[]? ReadFile(SimplestreamsTree tree, string path)
    {
        try
        {
            using var file = File.OpenHandle(tree.FullPath(path), share: FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new FileReadStream(file);
            var size = RandomAccess.GetLength(file);
            if (size > Array.MaxLength)
                throw new StapesException(ErrorKind.Invalid, $"{path} has {size} bytes, which is no index; restore it from a copy");
            // File.ReadAllBytes would first write zeros.
            var content = GC.AllocateUninitializedArray<byte>((int)size);
            var read = bytes.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return read == content.Length ? content : content[..read];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static StapesException Outside(string where, string path) =>
        new(ErrorKind.Invalid, $"In {where}: the path \"{path}\" leaves the tree; correct or remove it");
}
