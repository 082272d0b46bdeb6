using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Storage.FileSystem;

/// <summary>
/// A file that is being written under a temporary name: write <see cref="Content"/>, <see cref="Flush"/>, then <see cref="MoveTo"/>.
/// Until it is moved nobody sees it; disposed before that, or when its process ends, it leaves nothing that <see cref="CleanUp"/> keeps.
/// </summary>
public sealed class StagedFile : IDisposable
{
    private const UnixFileMode Published =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The end of the name of a file that another process may continue.</summary>
    private const string Part = ".part";

    /// <summary>A part that nobody has continued for this long is given up.</summary>
    private static readonly TimeSpan PartLifetime = TimeSpan.FromDays(7);

    private bool moved;
    private bool isPart;

    private StagedFile(string path, SafeFileHandle handle)
    {
        TemporaryPath = path;
        Handle = handle;
        Content = new WritebackStream(handle, path);
    }

    /// <summary>Where the bytes lie before the move.</summary>
    public string TemporaryPath { get; }

    /// <summary>Takes the file's bytes, from the first to the last; behind those that it has already when it is continued.</summary>
    public Stream Content { get; }

    /// <summary>The file itself, to look at what was written.</summary>
    public SafeFileHandle Handle { get; }

    /// <param name="directory">On the file system of the later target; made when missing, readable by its owner only.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static StagedFile Create(string directory)
    {
        for (var attempt = 1; ; attempt++)
        {
            var path = Path.Combine(directory, Guid.NewGuid().ToString("N"));
            SafeFileHandle handle;
            try
            {
                handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (DirectoryNotFoundException) when (attempt < FileLock.MakeAttempts)
            {
                // It is the first file, or a process that failed removed the empty directory in between.
                Directory.CreateDirectory(directory, FileLock.PrivateDirectory);
                continue;
            }

            // The lock tells CleanUp that the file has an owner. A clean-up may come between the two calls: then the name is gone.
            Posix.Lock(handle, exclusive: false, wait: true);
            if (File.Exists(path))
                return new(path, handle);
            handle.Dispose();
        }
    }

    /// <summary>
    /// A file <c>NAME.part</c> that outlives its process: unless it is moved or discarded, the next call with that name finds what was
    /// written. Null while another process, or another holder in this one, has it.
    /// </summary>
    /// <param name="directory">As for <see cref="Create"/>.</param>
    /// <param name="name">What the file is to become, such as its digest.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static StagedFile? TryContinue(string directory, string name)
    {
        var path = Path.Combine(directory, name + Part);
        for (var attempt = 1; ; attempt++)
        {
            SafeFileHandle handle;
            try
            {
                Directory.CreateDirectory(directory, FileLock.PrivateDirectory);
                handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (DirectoryNotFoundException) when (attempt < FileLock.MakeAttempts)
            {
                continue;
            }

            var locked = Posix.Lock(handle, exclusive: true, wait: false);
            // Between the two calls its owner may have finished and renamed it: then it is not ours to write.
            if (locked && FileStamp.TryOf(path)?.Number == FileStamp.Of(handle).Number)
                return new(path, handle) { isPart = true };
            handle.Dispose();
            if (!locked)
                return null;
        }
    }

    /// <summary>
    /// Takes an existing file without copying it: the staged file is one more name of it, so that the first one stays until its owner
    /// deletes it. Null where the file system does not allow that, or the path is a link, which must not end up as the file.
    /// </summary>
    public static StagedFile? TryAdopt(string path, string directory)
    {
        if (new FileInfo(path).LinkTarget is not null)
            return null;
        Directory.CreateDirectory(directory, FileLock.PrivateDirectory);
        var name = Path.Combine(directory, Guid.NewGuid().ToString("N"));
        if (!Posix.TryLink(path, name))
            return null;
        var handle = File.OpenHandle(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        // Shared, because one file may be adopted twice: as the metadata of two images.
        if (Posix.Lock(handle, exclusive: false, wait: false) && File.Exists(name))
            return new(name, handle);
        File.Delete(name);
        handle.Dispose();
        return null;
    }

    /// <summary>Makes the bytes survive a power cut. To be called before the move.</summary>
    public void Flush() => RandomAccess.FlushToDisk(Handle);

    /// <summary>Has the transfer of the bytes to the disk begin, so that <see cref="Flush"/> is short. Promises nothing.</summary>
    public void StartFlush() => Posix.StartWriteback(Handle, 0, 0);

    /// <summary>Gives the file its final name, in one step, in place of whatever had it.</summary>
    /// <param name="path">The name, on the same file system.</param>
    /// <param name="published">Everybody may read it from then on; otherwise those whom the process's umask lets.</param>
    public void MoveTo(string path, bool published = true)
    {
        if (published)
            File.SetUnixFileMode(Handle, Published);
        File.Move(TemporaryPath, path, overwrite: true);
        moved = true;
        // Between two names of one file a rename does nothing, see rename(2): an adopted file may come from where it goes. The name of a
        // part may be another transfer's by now.
        if (!isPart)
            File.Delete(TemporaryPath);
    }

    /// <summary>Ends a file that shall not be continued.</summary>
    public void Discard()
    {
        isPart = false;
        Dispose();
    }

    public void Dispose()
    {
        if (!moved && (!isPart || Content.Length == 0))
            File.Delete(TemporaryPath);
        Content.Dispose();
        Handle.Dispose();
    }

    /// <summary>Deletes the temporary files whose processes are gone; parts only after a week. Those of running processes stay.</summary>
    /// <returns>How many were deleted.</returns>
    public static int CleanUp(string directory)
    {
        if (!Directory.Exists(directory))
            return 0;
        var deleted = 0;
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            try
            {
                // Reading is enough for the lock; an adopted file may be read-only.
                using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                if (!Posix.Lock(handle, exclusive: true, wait: false) || (path.EndsWith(Part, StringComparison.Ordinal) && IsFresh(handle)))
                    continue;
                File.Delete(path);
                deleted++;
            }
            catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
            {
                // Its owner moved it, another clean-up was faster, or it belongs to another user, whose own clean-up will come.
            }
        }

        return deleted;
    }

    private static bool IsFresh(SafeFileHandle part) => RandomAccess.GetLength(part) > 0 && DateTime.UtcNow - File.GetLastWriteTimeUtc(part) < PartLifetime;
}
