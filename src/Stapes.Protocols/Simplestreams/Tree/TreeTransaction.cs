using System.Globalization;
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
    private readonly List<(string Path, Action<string> Place)> coming = [];
    private readonly HashSet<string> going = new(StringComparer.Ordinal);
    private readonly HashSet<ProductsFile> changed = [];

    internal TreeTransaction(SimplestreamsTree tree, TreeContent content, FileLock turn)
    {
        this.tree = tree;
        this.turn = turn;
        Content = content;
    }

    public TreeContent Content { get; }

    /// <summary>Has a file put in place at the commit.</summary>
    /// <param name="path">Where, normalised, relative to the root.</param>
    /// <param name="place">Puts the file at the full path that it is given; the file's bytes are on the disk already.</param>
    public void Place(string path, Action<string> place) => coming.Add((path, place));

    /// <summary>Has a file deleted at the commit, unless an index still names it then.</summary>
    /// <param name="path">Normalised, relative to the root.</param>
    public void Delete(string path) => going.Add(path);

    /// <summary>Has a products file written at the commit.</summary>
    public void Change(ProductsFile file) => changed.Add(file);

    /// <summary>
    /// Makes the changes visible and lasting. Products files that did not change are not touched, but index.json is brought in line with
    /// all of them. When it fails before anything is visible, a full disk above all, the tree is as it was.
    /// </summary>
    /// <returns>The deleted files, sorted.</returns>
    public IReadOnlyList<string> Commit()
    {
        var indexes = new List<(StagedFile File, string Target)>();
        try
        {
            // All that needs space is written before the first step that can be seen.
            foreach (var file in Content.Files.Where(changed.Contains))
                indexes.Add(Stage(file.Path, file.Root));
            if (UpdateIndex())
                indexes.Add(Stage(IndexFile.Path, Content.Index.Root));
            PlaceFiles();
            foreach (var (file, target) in indexes)
                file.MoveTo(target);
        }
        finally
        {
            indexes.ForEach(static i => i.File.Dispose());
        }

        DurableDirectory.Flush(Path.GetDirectoryName(tree.FullPath(IndexFile.Path))!);
        var doomed = DoomedFiles();
        foreach (var path in doomed)
            File.Delete(tree.FullPath(path));
        return doomed;
    }

    public void Dispose() => turn.Dispose();

    /// <summary>The files that the commit would delete and that exist, sorted.</summary>
    public IReadOnlyList<string> DoomedFiles()
    {
        var kept = Content.ReferencedPaths.ToHashSet(StringComparer.Ordinal);
        return [.. going.Where(path => !kept.Contains(path) && File.Exists(tree.FullPath(path))).Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether index.json has to be written: a products file holds other products than it says, or it is missing.</summary>
    private bool UpdateIndex()
    {
        var needed = !File.Exists(tree.FullPath(IndexFile.Path));
        // A products file that does not exist, and so holds nothing, needs no entry.
        foreach (var file in Content.Files.Where(f => changed.Contains(f) || File.Exists(tree.FullPath(f.Path))))
            needed |= Content.Index.Update(file);
        return needed;
    }

    private (StagedFile File, string Target) Stage(string path, JsonObject root)
    {
        // The time of the change is kept current where a file states it, and not invented where it does not.
        if (root.ContainsKey("updated"))
            root["updated"] = DateTimeOffset.UtcNow.ToString("ddd, dd MMM yyyy HH:mm:ss +0000", CultureInfo.InvariantCulture);
        var target = tree.FullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var staged = tree.Stage();
        try
        {
            staged.Content.Write(Json.ToSortedBytes(root));
            staged.Flush();
            return (staged, target);
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }

    private void PlaceFiles()
    {
        var directories = coming.Select(f => Path.GetDirectoryName(tree.FullPath(f.Path))!).Distinct().ToList();
        foreach (var directory in directories.Where(static d => !Directory.Exists(d)))
        {
            Directory.CreateDirectory(directory);
            DurableDirectory.Flush(Path.GetDirectoryName(directory)!);
        }

        var placed = new List<string>();
        try
        {
            foreach (var (path, place) in coming)
            {
                var target = tree.FullPath(path);
                if (!File.Exists(target))
                    placed.Add(target);
                place(target);
            }

            directories.ForEach(DurableDirectory.Flush);
        }
        catch
        {
            placed.ForEach(File.Delete);
            throw;
        }
    }
}
