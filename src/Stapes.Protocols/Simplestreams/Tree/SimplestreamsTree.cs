using Stapes.Core;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>
/// A directory that any web server can serve as a simplestreams server. Its index files are the only truth, in the form in which
/// incus-simplestreams leaves them. Readers need no lock; writers take turns, see <see cref="TreeTransaction"/>.
/// </summary>
/// <param name="root">The directory; need not exist before the first write.</param>
public sealed class SimplestreamsTree(string root)
{
    /// <summary>Where files lie that are being written; never listed, readable by their owner only.</summary>
    private const string HiddenDirectory = ".stapes";

    public string Root { get; } = Path.GetFullPath(root);

    internal string StagingDirectory => Path.Combine(Root, HiddenDirectory, "tmp");

    private string LockPath => Path.Combine(Root, HiddenDirectory, "lock");

    /// <summary>What the tree holds now. Consistent: a writer is waited for.</summary>
    /// <exception cref="StapesException">There is no index, or an index cannot be read.</exception>
    public Task<TreeContent> ReadAsync(CancellationToken cancellation) => ReadAsync(mustExist: true, cancellation);

    /// <summary>The same; without <paramref name="mustExist"/> a missing index.json counts as one that names images.json.</summary>
    internal async Task<TreeContent> ReadAsync(bool mustExist, CancellationToken cancellation)
    {
        using var turn = await FileLock.AcquireSharedAsync(LockPath, cancellation);
        return TreeContent.Read(this, mustExist);
    }

    /// <summary>Waits for the turn to write, and reads what the tree holds then.</summary>
    /// <param name="create">Whether a tree may be made where there is none.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StapesException">There is no tree, an index cannot be read, or one names files outside the tree.</exception>
    public Task<TreeTransaction> BeginAsync(bool create, CancellationToken cancellation) => BeginAsync(create, readAhead: null, cancellation);

    /// <summary>The same; <paramref name="readAhead"/> saves reading the indexes in the turn.</summary>
    public async Task<TreeTransaction> BeginAsync(bool create, Task<TreeReadAhead>? readAhead, CancellationToken cancellation)
    {
        if (!create && !File.Exists(FullPath(IndexFile.Path)) && !File.Exists(FullPath(IndexFile.ImagesPath)))
            throw TreeContent.Missing(this);
        var turn = await FileLock.AcquireAsync(LockPath, cancellation);
        try
        {
            StagedFile.CleanUp(StagingDirectory);
            var ahead = readAhead is null ? null : await readAhead;
            var content = ahead?.Take(this) ?? TreeContent.Read(this, mustExist: false);
            content.RequireInside();
            return new(this, content, turn);
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>Keeps writers out until disposed; null where there never was one of ours. Readers may hold it side by side.</summary>
    internal Task<FileLock?> WaitForWritersAsync(CancellationToken cancellation) => FileLock.AcquireSharedAsync(LockPath, cancellation);

    /// <summary>A temporary file that can become a file of the tree.</summary>
    public StagedFile Stage() => StagedFile.Create(StagingDirectory);

    /// <summary>The same over a file that exists, without copying it; null where that is not possible.</summary>
    public StagedFile? TryAdopt(string path) => StagedFile.TryAdopt(path, StagingDirectory);

    /// <summary>After a failure in a directory that was no tree: leaves nothing behind.</summary>
    internal void RemoveEmptyStaging()
    {
        if (File.Exists(LockPath))
            return;
        foreach (var directory in (string[])[StagingDirectory, Path.Combine(Root, HiddenDirectory)])
        {
            try
            {
                Directory.Delete(directory);
            }
            catch (IOException)
            {
                // Not empty: another process is at work there.
                return;
            }
        }
    }

    /// <param name="path">A normalised path, see <see cref="TreePath"/>.</param>
    public string FullPath(string path) => Path.Combine(Root, path);
}
