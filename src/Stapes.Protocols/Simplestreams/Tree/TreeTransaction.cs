using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Text.Json.Nodes;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>
/// One writer's turn. Change <see cref="Content"/>, name the files that come and go, then <see cref="Commit"/>; disposed without
/// that, the tree stays as it was. The order makes every moment read as before or after: new files, then the products files, then
/// index.json, then the deletions.
/// </summary>
public sealed class TreeTransaction : IDisposable
{
    private readonly SimplestreamsTree tree;
    private readonly FileLock turn;
    private readonly List<(string Path, Action<string> Place, Action? Flush)> coming = [];
    private readonly HashSet<string> going = new(StringComparer.Ordinal);
    private readonly HashSet<ProductsFile> changed = [];
    private bool indexChanged;

    internal TreeTransaction(SimplestreamsTree tree, TreeContent content, FileLock turn)
    {
        this.tree = tree;
        this.turn = turn;
        Content = content;
    }

    public TreeContent Content { get; }

    /// <summary>Has a file put in place at the commit.</summary>
    /// <param name="path">Where, normalised, relative to the root.</param>
    /// <param name="place">Puts the file at the full path that it is given.</param>
    /// <param name="flush">Puts the file's bytes on the disk; null when they are there already.</param>
    public void Place(string path, Action<string> place, Action? flush = null) => coming.Add((path, place, flush));

    /// <summary>Has a file deleted at the commit, unless an index still names it then.</summary>
    /// <param name="path">Normalised, relative to the root.</param>
    public void Delete(string path) => going.Add(path);

    /// <summary>Has a products file written at the commit.</summary>
    public void Change(ProductsFile file) => changed.Add(file);

    /// <summary>Has index.json written at the commit, also when its list of products stays.</summary>
    internal void ChangeIndex() => indexChanged = true;

    /// <summary>Makes the changes visible and lasting. Other index files are not touched, but index.json is brought in line with all of them.</summary>
    /// <returns>The deleted files, sorted.</returns>
    public IReadOnlyList<string> Commit()
    {
        var now = DateTimeOffset.UtcNow;
        var written = new List<(StagedFile File, string Target)>();
        try
        {
            // All that needs space on the disk comes before anything that can be seen: a full disk changes nothing.
            foreach (var file in Content.Files.Where(changed.Contains))
                written.Add(Stage(file.Path, file.Root, file.WriteTo, now));
            // A products file that does not exist, and so holds nothing, needs no entry.
            indexChanged |= !File.Exists(tree.FullPath(IndexFile.Path));
            foreach (var file in Content.Files.Where(f => changed.Contains(f) || File.Exists(tree.FullPath(f.Path))))
                indexChanged |= Content.Index.Update(file);
            if (indexChanged)
                written.Add(Stage(IndexFile.Path, Content.Index.Root, target => target.Write(Json.ToSortedBytes(Content.Index.Root)), now));

            PlaceFiles(written.Select(static w => (Action)w.File.Flush));
            foreach (var (file, target) in written)
                file.MoveTo(target);
            DurableDirectory.Flush(Path.GetDirectoryName(tree.FullPath(IndexFile.Path))!);
        }
        finally
        {
            foreach (var (file, _) in written)
                file.Dispose();
        }

        return DeleteFiles();
    }

    public void Dispose() => turn.Dispose();

    /// <summary>Puts the new files in place, and them and the bytes of the index files on the disk. When it fails, no new file stays.</summary>
    private void PlaceFiles(IEnumerable<Action> flushIndexes)
    {
        var placed = new List<string>();
        try
        {
            foreach (var (path, place, _) in coming)
            {
                var target = tree.FullPath(path);
                DurableDirectory.Create(Path.GetDirectoryName(target)!);
                var isNew = !File.Exists(target);
                place(target);
                if (isNew)
                    placed.Add(target);
            }

            // The disk takes several flushes in the time of one. A file has its name before its bytes are safe, but no index names it yet.
            var directories = coming.Select(f => Path.GetDirectoryName(tree.FullPath(f.Path))!).Distinct();
            var flushes = flushIndexes.Concat(coming.Select(static f => f.Flush).OfType<Action>()).Concat(directories.Select(static d => (Action)(() => DurableDirectory.Flush(d))));
            Parallel.Invoke([.. flushes]);
        }
        catch (Exception e)
        {
            placed.ForEach(File.Delete);
            // Of several failures the first says enough.
            if (e is AggregateException { InnerException: { } first })
                ExceptionDispatchInfo.Throw(first);
            throw;
        }
    }

    private (StagedFile File, string Target) Stage(string path, JsonObject root, Action<Stream> write, DateTimeOffset now)
    {
        // The time of the change is kept current where a file states it, and not invented where it does not.
        if (root.ContainsKey("updated"))
            root["updated"] = now.ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture);
        var target = tree.FullPath(path);
        DurableDirectory.Create(Path.GetDirectoryName(target)!);
        var staged = tree.Stage();
        try
        {
            write(staged.Content);
            staged.StartFlush();
            return (staged, target);
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    /// <summary>The files that the commit would delete and that exist, sorted.</summary>
    public IReadOnlyList<string> DoomedFiles()
    {
        if (going.Count == 0)
            return [];
        // What an item names may be anything: never the indexes themselves, which are no image's files.
        var kept = Content.ReferencedPaths.Concat(Content.Files.Select(static f => f.Path)).Append(IndexFile.Path).ToHashSet(StringComparer.Ordinal);
        return [.. going.Where(path => !kept.Contains(path) && File.Exists(tree.FullPath(path))).Order(StringComparer.Ordinal)];
    }

    private IReadOnlyList<string> DeleteFiles()
    {
        var doomed = DoomedFiles();
        foreach (var path in doomed)
            File.Delete(tree.FullPath(path));
        return doomed;
    }
}
