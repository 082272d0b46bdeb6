using System.ComponentModel;
using System.Diagnostics;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Storage.FileSystem;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Simplestreams.Client;

/// <summary>
/// A root file system that is made of one that is here already and a delta (VCDIFF, RFC 3284) from the server. The program xdelta3 applies
/// it, <c>xdelta3 -d -s BASE DELTA</c>, as in Incus.
/// </summary>
internal static class DeltaFetch
{
    private const string DeltaSuffix = ".vcdiff";

    /// <summary>The program, where PATH has it; null where it is not installed.</summary>
    public static string? FindProgram() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Where(static d => d.Length > 0).Select(static d => Path.Combine(d, "xdelta3")).FirstOrDefault(File.Exists);

    /// <summary>Fetches and applies a delta.</summary>
    /// <param name="program">What applies it, see <see cref="FindProgram"/>; null for nothing.</param>
    /// <param name="image">The image whose root is wanted.</param>
    /// <param name="file">The file of an item.</param>
    /// <param name="options">Where to, and how; finds the base.</param>
    /// <param name="before">A file that stands before the root in a combined digest; null for none.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Null where there is no delta that could be used, or where anything went wrong: then the whole file has to be fetched.</returns>
    public static async Task<FetchedFile?> TryAsync(
        string? program, ListedImage image, Func<VersionItem, RemoteFile> file, FetchOptions options, string? before, CancellationToken cancellation)
    {
        if (program is null || image.RootItem is not { } root || !Sha256Digest.TryParse(root.Sha256, out var digest)
            || Find(image, root, options) is not var (basePath, delta))
        {
            return null;
        }

        using var progress = options.Watch.Begin("delta", delta.Size);
        long passed = 0;
        void Told(long count)
        {
            passed += count;
            progress.Add(count);
        }

        try
        {
            using var fetched = await FileTransfer.FetchAsync(file(delta), options.Directory, before: null, options.Retry, Told, cancellation);
            var made = await ApplyAsync(program, basePath, fetched.Content.TemporaryPath, digest, options.Directory, before, cancellation);
            fetched.Content.Discard();
            if (made is not null)
            {
                // All together as many as without a delta.
                Told(made.Size - passed);
                return made;
            }
        }
        catch (Exception e) when (e is StapesException { Kind: not ErrorKind.Full } or IOException or Win32Exception)
        {
            // Whatever is wrong with a delta or with the program, the whole file is there too.
        }

        Told(-passed);
        return null;
    }

    /// <summary>A delta that is smaller than the root, and its base, of which a copy is here.</summary>
    private static (string BasePath, VersionItem Delta)? Find(ListedImage image, VersionItem root, FetchOptions options)
    {
        foreach (var item in image.Version.Items)
        {
            if (item.FileType != root.FileType + DeltaSuffix || item.Size >= root.Size || !Sha256Digest.TryParse(item.Sha256, out _))
                continue;
            foreach (var version in image.Product.Versions)
            {
                if (version.Serial == item.DeltaBase && Sha256Digest.TryParse(version.Find(root.FileType!)?.Sha256, out var digest) && options.FindLocal(digest) is { } path)
                    return (path, item);
            }
        }

        return null;
    }

    /// <summary>The program's output is hashed while it is written.</summary>
    private static async Task<FetchedFile?> ApplyAsync(
        string program, string basePath, string delta, Sha256Digest wanted, string directory, string? before, CancellationToken cancellation)
    {
        var result = StagedFile.Create(directory);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["-d", "-c", "-s", basePath, delta])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            try
            {
                var complaints = process.StandardError.ReadToEndAsync(cancellation);
                var (digest, combined) = await HashedCopy.RunAsync(process.StandardOutput.BaseStream, result.Content, before, static _ => { }, cancellation);
                await complaints;
                await process.WaitForExitAsync(cancellation);
                if (process.ExitCode == 0 && digest == wanted)
                    return new(result, digest, result.Content.Length, combined);
            }
            finally
            {
                // Not only told to end: what it still wrote would go on beside the full file.
                if (!process.HasExited)
                    process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
        catch
        {
            result.Dispose();
            throw;
        }

        result.Dispose();
        return null;
    }
}
