using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Storage.FileSystem;

/// <summary>A blob that is a file. Its bytes stay as long as it is open, whoever deletes the name.</summary>
public sealed class FileBlob : Blob
{
    private readonly string path;

    private FileBlob(string path, SafeFileHandle handle)
    {
        this.path = path;
        File = handle;
        Length = RandomAccess.GetLength(handle);
    }

    public override long Length { get; }

    public override SafeFileHandle File { get; }

    /// <summary>Null when there is no such file.</summary>
    /// <exception cref="StapesException">Unavailable: it is there but cannot be opened.</exception>
    public static FileBlob? TryOpen(string path)
    {
        try
        {
            return new(path, System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (StorageFaults.IsFault(e))
        {
            throw StorageFaults.From(e, $"open {path}");
        }
    }

    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            return await RandomAccess.ReadAsync(File, buffer, offset, cancellation);
        }
        catch (IOException e)
        {
            throw StorageFaults.From(e, $"read {path}");
        }
    }

    public override ValueTask DisposeAsync()
    {
        File.Dispose();
        return ValueTask.CompletedTask;
    }
}
