namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>
/// Notices that files of a tree come and go. Their contents do not matter, and the index files are looked at anyway: this only
/// tells soon what would be found later.
/// </summary>
internal sealed class TreeWatch : IDisposable
{
    private readonly FileSystemWatcher? watcher;
    private readonly Action<Exception> onError;
    private int noticed;

    public TreeWatch(string directory, Action<Exception> onError)
    {
        this.onError = onError;
        try
        {
            watcher = new(directory) { IncludeSubdirectories = true, NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName };
            watcher.Created += (_, e) => OnEvent(e.FullPath);
            watcher.Deleted += (_, e) => OnEvent(e.FullPath);
            watcher.Renamed += (_, e) => OnEvent(e.FullPath);
            watcher.Error += (_, e) => Fail(e.GetException());
            watcher.EnableRaisingEvents = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Fail(e);
        }
    }

    /// <summary>False when the system told that it cannot watch everything.</summary>
    public bool IsReliable { get; private set; } = true;

    /// <summary>Makes the next <see cref="TakeNotice"/> true.</summary>
    public void Notice() => Volatile.Write(ref noticed, 1);

    /// <summary>Whether something came or went since the last call.</summary>
    public bool TakeNotice() => Interlocked.Exchange(ref noticed, 0) == 1;

    public void Dispose() => watcher?.Dispose();

    private void OnEvent(string path)
    {
        // Writers of the tree lock and stage there.
        if (!path.Contains("/.stapes", StringComparison.Ordinal))
            Notice();
    }

    private void Fail(Exception e)
    {
        Notice();
        if (!IsReliable)
            return;
        IsReliable = false;
        onError(e);
    }
}
