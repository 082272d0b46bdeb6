using Stapes.Core.Storage.FileSystem;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>The state of a tree's index files on disk at one moment.</summary>
internal sealed class IndexStamps
{
    private readonly SortedDictionary<string, FileStamp?> stamps;

    private IndexStamps(SortedDictionary<string, FileStamp?> stamps) => this.stamps = stamps;

    public static IndexStamps None { get; } = new(new(StringComparer.Ordinal));

    public IEnumerable<string> Paths => stamps.Keys;

    /// <param name="tree">The tree.</param>
    /// <param name="paths">The products files that are known; index.json and images.json always count.</param>
    public static IndexStamps Of(SimplestreamsTree tree, IEnumerable<string> paths)
    {
        var stamps = new SortedDictionary<string, FileStamp?>(StringComparer.Ordinal);
        foreach (var path in paths.Append(IndexFile.Path).Append(IndexFile.ImagesPath))
            stamps[path] = FileStamp.TryOf(tree.FullPath(path));
        return new(stamps);
    }

    public bool AreCurrent(SimplestreamsTree tree) => stamps.Count > 0 && Of(tree, Paths).stamps.SequenceEqual(stamps);
}
