using Stapes.Core.Images;

namespace Stapes.Core.Transfers;

/// <summary>Bytes that are hashed while they pass.</summary>
public static class HashedCopy
{
    /// <summary>Reads a stream to its end.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="copy">Takes them too; null for nobody.</param>
    /// <param name="before">A file that stands before them in a combined digest; null for none.</param>
    /// <param name="passed">Is told the length of each piece.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>SHA-256 of the bytes, and of the file before and then them; null when there is none.</returns>
    public static async Task<(Sha256Digest Digest, Sha256Digest? Combined)> RunAsync(
        Stream source, Stream? copy, string? before, Action<int> passed, CancellationToken cancellation)
    {
        using var digest = new Sha256Hasher();
        using var combined = before is null ? null : new Sha256Hasher();
        if (combined is not null)
        {
            await using var first = OpenRead(before!);
            await BlockPump.RunAsync(first, Sha256Hasher.Consumers([combined]), static _ => { }, cancellation);
        }

        var hashes = Sha256Hasher.Consumers(combined is null ? [digest] : [digest, combined]);
        await BlockPump.RunAsync(source, copy is null ? hashes : [.. hashes, bytes => copy.WriteAsync(bytes, cancellation)], passed, cancellation);
        return (digest.Finish(), combined?.Finish());
    }

    /// <summary>The same of a file that stays as it is.</summary>
    public static async Task<(Sha256Digest Digest, Sha256Digest? Combined)> HashAsync(string path, string? before, Action<int> passed, CancellationToken cancellation)
    {
        await using var stream = OpenRead(path);
        return await RunAsync(stream, copy: null, before, passed, cancellation);
    }

    private static FileStream OpenRead(string path) =>
        new(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan, Share = FileShare.ReadWrite | FileShare.Delete });
}
