using Stapes.Core.Access;
using Stapes.Core.Library.Sqlite;
using Stapes.Core.Storage;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Core.Library;

/// <summary>The directory that holds all state of a server on one machine: <c>catalog.db</c>, <c>blobs/</c>, <c>tmp/</c>, <c>lock</c>.</summary>
public static class DataDirectory
{
    /// <summary>Others may pass through, to a socket for example, but not look around.</summary>
    private const UnixFileMode Mode = FileLock.PrivateDirectory | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Opens the library of a data directory alone; as <see cref="OpenAsync"/>.</summary>
    public static async Task<ImageLibrary> OpenLibraryAsync(string path, LibraryOptions options, CancellationToken cancellation) =>
        (await OpenAsync(path, options, cancellation)).Library;

    /// <summary>Opens a data directory, which is made when it is missing. Only one process at a time can have it open.</summary>
    /// <exception cref="StapesException">
    /// Conflict: another process has it open. Unavailable: it cannot be written, is damaged, or has lost its catalogue.
    /// </exception>
    public static async Task<ServerData> OpenAsync(string path, LibraryOptions options, CancellationToken cancellation)
    {
        var held = Lock(path);
        SqliteCatalog? catalog = null;
        try
        {
            catalog = OpenCatalog(path);
            var access = await AccessControl.OpenAsync(catalog.Access, options.Time, cancellation);
            return new(await ImageLibrary.OpenAsync(catalog, new FileBlobStore(path), options, held, cancellation), access);
        }
        catch
        {
            if (catalog is not null)
                await catalog.DisposeAsync();
            held.Dispose();
            throw;
        }
    }

    private static FileLock Lock(string path)
    {
        try
        {
            Directory.CreateDirectory(path, Mode);
            return FileLock.TryAcquire(Path.Combine(path, "lock"))
                ?? throw new StapesException(ErrorKind.Conflict, $"Another server uses {path}: stop it, or choose another data directory");
        }
        catch (Exception e) when (StorageFaults.IsFault(e))
        {
            throw StorageFaults.From(e, $"open the data directory {path}");
        }
    }

    /// <summary>A new catalogue knows no blobs, so that all would be deleted: where there are some, it is the catalogue that is missing.</summary>
    private static SqliteCatalog OpenCatalog(string path)
    {
        var file = new FileInfo(Path.Combine(path, "catalog.db"));
        var blobs = new DirectoryInfo(Path.Combine(path, "blobs"));
        if (!(file.Exists && (file.Length > 0 || File.Exists(file.FullName + "-wal"))) && blobs.Exists && blobs.EnumerateDirectories().Any())
        {
            throw new StapesException(ErrorKind.Unavailable,
                $"The catalogue {file.FullName} is missing, but there are images in {blobs.FullName}: restore it from a backup, or move them away to start anew");
        }

        return SqliteCatalog.Open(file.FullName);
    }
}
