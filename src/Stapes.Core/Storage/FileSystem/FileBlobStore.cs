using System.Runtime.CompilerServices;
using Stapes.Core.Images;

namespace Stapes.Core.Storage.FileSystem;

/// <summary>
/// Blobs as files, <c>blobs/ab/abcd…</c> by their digest, beside the <c>tmp</c> in which they are written. Only the owner can look inside:
/// which images are public is not for this directory to say.
/// </summary>
public sealed class FileBlobStore(string directory) : IBlobStore
{
    private readonly string blobs = Path.Combine(directory, "blobs");
    private readonly string staging = Path.Combine(directory, "tmp");

    public string StagingDirectory => staging;

    public StagedFile Stage() => Guard($"make a file in {staging}", () => StagedFile.Create(staging));

    // On a thread of its own: a flush takes as long as the disk does, and the two files of an image are flushed side by side.
    public Task PutAsync(Sha256Digest digest, StagedFile file, CancellationToken cancellation) => Task.Run(() =>
    {
        var path = PathOf(digest);
        Guard($"store {path}", () =>
        {
            file.Flush();
            cancellation.ThrowIfCancellationRequested();
            MakeShard(Path.GetDirectoryName(path)!);
            file.MoveTo(path);
            DurableDirectory.Flush(Path.GetDirectoryName(path)!);
            return true;
        });
    }, cancellation);

    public ValueTask<Blob?> OpenAsync(Sha256Digest digest, CancellationToken cancellation) => new(FileBlob.TryOpen(PathOf(digest)));

    public Task DeleteAsync(IReadOnlyCollection<Sha256Digest> digests, CancellationToken cancellation) => Task.Run(() =>
    {
        foreach (var shard in digests.GroupBy(static d => d.Hex[..2]))
        {
            cancellation.ThrowIfCancellationRequested();
            var path = Path.Combine(blobs, shard.Key);
            if (!Directory.Exists(path))
                continue;
            Guard($"delete blobs in {path}", () =>
            {
                foreach (var digest in shard)
                    File.Delete(PathOf(digest));
                DurableDirectory.Flush(path);
                return true;
            });
        }
    }, cancellation);

    public async IAsyncEnumerable<Sha256Digest> ListAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.CompletedTask;
        if (!Directory.Exists(blobs))
            yield break;
        foreach (var shard in Guard($"read {blobs}", () => Directory.GetDirectories(blobs)))
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var path in Guard($"read {shard}", () => Directory.GetFiles(shard)))
            {
                if (Sha256Digest.TryParse(Path.GetFileName(path), out var digest))
                    yield return digest;
            }
        }
    }

    public (long Free, long Total)? GetSpace() => Guard<(long, long)?>($"look at the disk of {staging}", () =>
    {
        Directory.CreateDirectory(staging, FileLock.PrivateDirectory);
        var disk = new DriveInfo(staging);
        return (disk.AvailableFreeSpace, disk.TotalSize);
    });

    public int CleanUp() => Guard($"clean up {staging}", () => StagedFile.CleanUp(staging) + CleanUpBelow());

    /// <summary>Each fetch has a directory of its own.</summary>
    private int CleanUpBelow()
    {
        if (!Directory.Exists(staging))
            return 0;
        var deleted = 0;
        foreach (var fetch in Directory.GetDirectories(staging))
        {
            deleted += StagedFile.CleanUp(fetch);
            try
            {
                Directory.Delete(fetch);
            }
            catch (IOException)
            {
                // It is not empty, or gone: a fetch goes on or can be continued there.
            }
        }

        return deleted;
    }

    private string PathOf(Sha256Digest digest) => Path.Combine(blobs, digest.Hex[..2], digest.Hex);

    private void MakeShard(string shard)
    {
        if (Directory.Exists(shard))
            return;
        Directory.CreateDirectory(blobs, FileLock.PrivateDirectory);
        Directory.CreateDirectory(shard, FileLock.PrivateDirectory);
        DurableDirectory.Flush(blobs);
        DurableDirectory.Flush(directory);
    }

    private static T Guard<T>(string what, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (StorageFaults.IsFault(e))
        {
            throw StorageFaults.From(e, what);
        }
    }
}
