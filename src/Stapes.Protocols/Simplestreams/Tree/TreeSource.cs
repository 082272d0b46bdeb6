using Microsoft.Extensions.Logging;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Storage;
using Stapes.Core.Storage.FileSystem;
using Asker = Stapes.Core.Library.Audience;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>
/// A simplestreams tree on disk as a source of public images, read-only. It follows the directory: what anybody writes there shows
/// within a second. A broken index keeps what was read before. Symbolic links are followed, as web servers do.
/// </summary>
public sealed partial class TreeSource : IImageSource, IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    /// <summary>Files that come or go without a notice, as on a network file system, are noticed after this time.</summary>
    private static readonly TimeSpan ReadMissingEvery = TimeSpan.FromSeconds(10);

    private readonly SimplestreamsTree tree;
    private readonly ILogger logger;
    private readonly TreeWatch watch;
    private readonly CancellationTokenSource stopping = new();
    private readonly TimeSpan grace;
    private Task following = Task.CompletedTask;
    private IndexStamps stamps = IndexStamps.None;
    private string? fault;
    private volatile State present = new(ImageSnapshot.Empty, TreeImages.Empty, []);

    private TreeSource(string directory, ILogger logger, TimeSpan grace)
    {
        tree = new(directory);
        this.logger = logger;
        this.grace = grace;
        watch = new(tree.Root, e => LogWatch(tree.Root, e.Message));
    }

    public event EventHandler? Changed;

    /// <summary>Reads a tree and follows it until disposed. A directory without a readable index is empty until it gets one.</summary>
    /// <param name="directory">The tree.</param>
    /// <param name="logger">Is told of an index that cannot be read, once.</param>
    /// <param name="grace">How long the files of images that left the index can be opened, if they are still there.</param>
    /// <param name="cancellation">Ends the first reading.</param>
    /// <exception cref="StapesException">NotFound: there is no such directory.</exception>
    public static async Task<TreeSource> OpenAsync(string directory, ILogger logger, TimeSpan grace, CancellationToken cancellation)
    {
        if (!Directory.Exists(directory))
            throw new StapesException(ErrorKind.NotFound, $"The tree {directory} does not exist; make the directory or correct its name");
        var source = new TreeSource(directory, logger, grace);
        try
        {
            await source.ReadAsync(cancellation);
        }
        catch
        {
            await source.DisposeAsync();
            throw;
        }

        source.following = source.FollowAsync(source.stopping.Token);
        return source;
    }

    public ValueTask<ImageSnapshot> GetSnapshotAsync(CancellationToken cancellation) => new(present.Snapshot);

    public ValueTask<Blob?> OpenBlobAsync(Sha256Digest digest, Asker audience, CancellationToken cancellation)
    {
        var state = present;
        if (state.Images.Files.TryGetValue(digest, out var file))
            return new(TryOpen(file));
        return new(state.Former.TryGetValue(digest, out var former) ? TryOpen(former.File) : null);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await following;
        watch.Dispose();
        stopping.Dispose();
    }

    private FileBlob? TryOpen(TreeFile file)
    {
        // Not opened before it is known to be a regular file: a pipe would wait for its writer.
        var path = tree.FullPath(file.Path);
        var blob = FileStamp.TryOf(path)?.Size == file.Size ? FileBlob.TryOpen(path) : null;
        if (blob is null)
            watch.Notice();
        return blob;
    }

    private async Task FollowAsync(CancellationToken cancellation)
    {
        var readAt = Environment.TickCount64;
        try
        {
            while (true)
            {
                await Task.Delay(LookEvery, cancellation);
                var isLate = Environment.TickCount64 - readAt > ReadMissingEvery.TotalMilliseconds;
                if (!watch.TakeNotice() && stamps.AreCurrent(tree) && !(isLate && (present.Images.HasMissingFiles || !watch.IsReliable)))
                    continue;
                var start = Environment.TickCount64;
                await Task.Run(() => ReadAsync(cancellation), cancellation);
                readAt = Environment.TickCount64;
                // A large tree that changes all the time takes at most half of a processor.
                await Task.Delay(TimeSpan.FromMilliseconds(readAt - start), cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task ReadAsync(CancellationToken cancellation)
    {
        // Taken before the files are read: what is written meanwhile is read again the next time.
        var before = IndexStamps.Of(tree, stamps.Paths);
        try
        {
            var content = await tree.ReadAsync(cancellation);
            stamps = before;
            if (!content.Files.Select(static f => f.Path).All(before.Paths.Contains))
            {
                // A file that was not known before: from now on it is looked at, and once more in case it changed in between.
                stamps = IndexStamps.Of(tree, content.Files.Select(static f => f.Path));
                watch.Notice();
            }

            Show(TreeImages.Read(tree, content));
            if (fault is not null)
                LogRecovered(tree.Root);
            fault = null;
        }
        catch (Exception e) when (e is StapesException or IOException or UnauthorizedAccessException)
        {
            stamps = before;
            if (fault != e.Message)
                LogFault(tree.Root, e.Message);
            fault = e.Message;
        }
    }

    private void Show(TreeImages images)
    {
        var before = present;
        var now = DateTimeOffset.UtcNow;
        var former = before.Former.Where(f => now - f.Value.Since < grace)
            .Concat(before.Images.Files.Select(f => KeyValuePair.Create(f.Key, new FormerFile(f.Value, now))))
            .Where(f => !images.Files.ContainsKey(f.Key))
            .DistinctBy(static f => f.Key).ToDictionary();
        if (before.Snapshot.Generation > 0 && images.HasSameImages(before.Images))
        {
            present = before with { Images = images, Former = former };
            return;
        }

        var generation = Math.Max(before.Snapshot.Generation + 1, now.ToUnixTimeMilliseconds());
        var aliases =
            from image in images.Images
            from alias in image.Aliases
            group new AliasTarget(image.Type, image.Architecture, image.Fingerprint) by alias.Name into targets
            select new Alias { Name = targets.Key, Targets = [.. targets.OrderBy(static t => t.Type).ThenBy(static t => t.Architecture.Name, StringComparer.Ordinal)] };
        present = new(ImageSnapshot.Create(generation, images.Images, aliases), images, former);
        Changed?.Invoke(this, EventArgs.Empty);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The tree {Tree} cannot be read, what was read before is served: {Reason}")]
    private partial void LogFault(string tree, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The tree {Tree} can be read again")]
    private partial void LogRecovered(string tree);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not all changes of files in the tree {Tree} are noticed at once: {Reason}; raise fs.inotify.max_user_watches")]
    private partial void LogWatch(string tree, string reason);

    private sealed record State(ImageSnapshot Snapshot, TreeImages Images, Dictionary<Sha256Digest, FormerFile> Former);

    private readonly record struct FormerFile(TreeFile File, DateTimeOffset Since);
}
