using Stapes.Core;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>
/// The index files of a tree, read while something else is being done, before the turn to write. What was read counts only if the same
/// files are still there when the turn comes.
/// </summary>
public sealed class TreeReadAhead
{
    private readonly TreeContent? content;
    private readonly IndexStamps stamps;

    private TreeReadAhead(TreeContent? content, IndexStamps stamps)
    {
        this.content = content;
        this.stamps = stamps;
    }

    /// <summary>Begins at once, on another thread. It never fails: what is wrong with an index is told when the turn comes.</summary>
    public static Task<TreeReadAhead> StartAsync(SimplestreamsTree tree) => Task.Run(() =>
    {
        var before = IndexStamps.Of(tree, []);
        try
        {
            var content = TreeContent.Read(tree, mustExist: false);
            // The stamps are those of index.json and images.json; other products files are read again.
            return new TreeReadAhead(content.Files.Count == 1 ? content : null, before);
        }
        catch (Exception e) when (e is StapesException or IOException or UnauthorizedAccessException)
        {
            return new TreeReadAhead(null, before);
        }
    });

    /// <summary>What was read, if it still holds; can be taken once, because the taker changes it.</summary>
    internal TreeContent? Take(SimplestreamsTree tree) => content is not null && stamps.AreCurrent(tree) ? content : null;
}
