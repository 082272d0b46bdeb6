using System.Security.Cryptography;
using Stapes.Core.Images;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>The hashes of a tree's files. A root is read once, for its own hash and for those together with each metadata tarball.</summary>
internal sealed class FileHashes(SimplestreamsTree tree, Action<long>? progress)
{
    private readonly Dictionary<string, Found?> known = new(StringComparer.Ordinal);
    private readonly Dictionary<(string First, string Second), Sha256Digest> combined = [];

    public readonly record struct Found(Sha256Digest Digest, long Size);

    /// <summary>The hash over two files, one after the other; null unless the second was read with the first as a prefix.</summary>
    public Sha256Digest? Combined(string first, string second) => combined.TryGetValue((first, second), out var digest) ? digest : null;

    /// <summary>The hash and size of a file; null when there is no such file.</summary>
    /// <param name="path">The file, normalised.</param>
    /// <param name="prefixes">Other files: for each, the hash over it and then this file is kept too.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<Found?> ReadAsync(string path, IReadOnlyList<string> prefixes, CancellationToken cancellation)
    {
        if (known.TryGetValue(path, out var found) && prefixes.All(prefix => combined.ContainsKey((prefix, path))))
            return found;

        var hashes = new List<IncrementalHash> { IncrementalHash.CreateHash(HashAlgorithmName.SHA256) };
        try
        {
            var present = new List<string>();
            foreach (var prefix in prefixes)
            {
                var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                hashes.Add(hash);
                present.Add(prefix);
                if (await PassAsync(prefix, [hash], cancellation) is null)
                {
                    hashes.Remove(hash);
                    present.Remove(prefix);
                    hash.Dispose();
                }
            }

            var size = await PassAsync(path, hashes, cancellation);
            if (size is null)
                return known[path] = null;
            for (var i = 0; i < present.Count; i++)
                combined[(present[i], path)] = Finish(hashes[i + 1]);
            return known[path] = new(Finish(hashes[0]), size.Value);
        }
        finally
        {
            hashes.ForEach(static h => h.Dispose());
        }
    }

    private static Sha256Digest Finish(IncrementalHash hash) => Sha256Digest.FromBytes(hash.GetHashAndReset());

    /// <returns>How many bytes passed; null when there is no such file.</returns>
    private async Task<long?> PassAsync(string path, List<IncrementalHash> hashes, CancellationToken cancellation)
    {
        try
        {
            await using var file = new FileStream(tree.FullPath(path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var buffer = new byte[1 << 20];
            long size = 0;
            while (await file.ReadAsync(buffer, cancellation) is > 0 and var read)
            {
                var piece = buffer.AsMemory(0, read);
                if (hashes.Count == 1)
                    hashes[0].AppendData(piece.Span);
                else
                    Parallel.ForEach(hashes, hash => hash.AppendData(piece.Span));
                size += read;
                progress?.Invoke(read);
            }

            return size;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
