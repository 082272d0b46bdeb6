using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Storage.FileSystem;

/// <summary>
/// An advisory lock (flock) on a file of its own, held until disposed or until the process ends in whatever way.
/// The file stays: deleting it would let two holders in.
/// </summary>
public sealed class FileLock : IDisposable
{
    private readonly SafeFileHandle handle;

    private FileLock(SafeFileHandle handle) => this.handle = handle;

    /// <summary>Waits for the lock that excludes all others. Makes the file and its directory when they are missing.</summary>
    /// <exception cref="IOException">The file cannot be made or locked.</exception>
    public static async Task<FileLock> AcquireAsync(string path, CancellationToken cancellation)
    {
        SafeFileHandle? handle = null;
        for (var attempt = 1; handle is null; attempt++)
        {
            try
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!, PrivateDirectory);
                handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            }
            catch (DirectoryNotFoundException) when (attempt < MakeAttempts)
            {
                // A process that failed removed the empty directory in between.
            }
        }

        return await WaitAsync(handle, exclusive: true, cancellation);
    }

    /// <summary>Takes the lock that excludes all others; null when another process, or another holder in this one, has it.</summary>
    /// <exception cref="IOException">The file cannot be made or locked.</exception>
    public static FileLock? TryAcquire(string path)
    {
        var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        if (Posix.Lock(handle, exclusive: true, wait: false))
            return new(handle);
        handle.Dispose();
        return null;
    }

    /// <summary>Waits until no writer holds the lock; null when there is no such file, so that nothing can be writing.</summary>
    public static async Task<FileLock?> AcquireSharedAsync(string path, CancellationToken cancellation)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            return null;
        }

        return await WaitAsync(handle, exclusive: false, cancellation);
    }

    public void Dispose()
    {
        if (!handle.IsClosed)
            Posix.Unlock(handle);
        handle.Dispose();
    }

    /// <summary>Only the owner may look inside: temporary files are not to be served.</summary>
    internal const UnixFileMode PrivateDirectory = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>How often a directory is made that others delete; where a file is in its place it can never be made.</summary>
    internal const int MakeAttempts = 1000;

    private static async Task<FileLock> WaitAsync(SafeFileHandle handle, bool exclusive, CancellationToken cancellation)
    {
        try
        {
            if (!Posix.Lock(handle, exclusive, wait: false))
                await Task.Run(() => Posix.Lock(handle, exclusive, wait: true), cancellation).WaitAsync(cancellation);
            return new(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }
}
