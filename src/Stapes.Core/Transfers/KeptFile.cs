using Stapes.Core.Images;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Core.Transfers;

/// <summary>A file that is here already and need not be fetched: it is read once, to be sure of it, but not copied.</summary>
public static class KeptFile
{
    /// <summary>Takes one more name of the file. Null where that is not possible, or where its bytes are not those that the digest names.</summary>
    /// <param name="path">The file, on the file system of the directory; null for none.</param>
    /// <param name="digest">What its bytes must hash to.</param>
    /// <param name="directory">Where the name lies until it becomes that of a file.</param>
    /// <param name="before">A file that stands before this one in a combined digest; null for none.</param>
    /// <param name="progress">Is told the bytes of each piece that was read; less than zero when they have to come again. May be null.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<FetchedFile?> TryTakeAsync(
        string? path, Sha256Digest digest, string directory, string? before, Action<long>? progress, CancellationToken cancellation)
    {
        if (path is null || TryAdopt(path, directory) is not { } file)
            return null;
        try
        {
            long passed = 0;
            var (found, combined) = await HashedCopy.HashAsync(file.TemporaryPath, before, count =>
            {
                passed += count;
                progress?.Invoke(count);
            }, cancellation);
            if (found == digest)
                return new(file, found, RandomAccess.GetLength(file.Handle), combined);
            progress?.Invoke(-passed);
            file.Dispose();
            return null;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static StagedFile? TryAdopt(string path, string directory)
    {
        try
        {
            return StagedFile.TryAdopt(path, directory);
        }
        catch (Exception e) when (e is FileNotFoundException or UnauthorizedAccessException)
        {
            // Deleted in between, or not ours to read: then it is fetched.
            return null;
        }
    }
}
