using System.Security.Cryptography;
using Stapes.Core.Images;

namespace Stapes.Core.Repositories;

/// <summary>
/// The digests of bytes that come in pieces: SHA-256, by which the store keeps them, and SHA-512 where a client addresses them so.
/// Source: OCI image-spec 1.1, «Digests», registered algorithms.
/// </summary>
public sealed class ContentHash : IDisposable
{
    private const string Sha512Prefix = "sha512:";

    private readonly Sha256Hasher sha256 = new();
    private readonly IncrementalHash? sha512;

    private ContentHash(bool both) => sha512 = both ? IncrementalHash.CreateHash(HashAlgorithmName.SHA512) : null;

    /// <summary>Whether it makes digests of that algorithm.</summary>
    internal bool Covers(string digest) => sha512 is not null || !IsSha512(digest);

    /// <summary>A hash for content that a digest, or another one of its algorithm, addresses.</summary>
    public static ContentHash For(string digest)
    {
        ArgumentNullException.ThrowIfNull(digest);
        return new(IsSha512(digest));
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        sha256.Append(bytes);
        sha512?.AppendData(bytes);
    }

    /// <summary>What takes the bytes, in place of <see cref="Append"/>; each can run on a thread of its own.</summary>
    internal IEnumerable<Func<ReadOnlyMemory<byte>, ValueTask>> Consumers
    {
        get
        {
            yield return bytes =>
            {
                sha256.Append(bytes.Span);
                return ValueTask.CompletedTask;
            };
            if (sha512 is null)
                yield break;
            yield return bytes =>
            {
                sha512.AppendData(bytes.Span);
                return ValueTask.CompletedTask;
            };
        }
    }

    /// <summary>Checks the digest that the client promised. Ends the hash's use.</summary>
    /// <returns>The digest by which the store keeps the bytes.</returns>
    /// <exception cref="RepositoryException">WrongDigest.</exception>
    internal Sha256Digest Finish(string expected)
    {
        var (bytes, actual) = Finish(IsSha512(expected));
        return actual == expected ? bytes : throw new RepositoryException(RepositoryFault.WrongDigest, ErrorKind.Invalid,
            $"The bytes that arrived have the digest {actual}, not {expected}: they were damaged on their way, or are others") { Digests = [expected] };
    }

    /// <summary>Whether what was appended has that digest. Ends the hash's use.</summary>
    public bool Matches(string expected) => Finish(IsSha512(expected)).Digest == expected;

    public void Dispose()
    {
        sha256.Dispose();
        sha512?.Dispose();
    }

    private (Sha256Digest Bytes, string Digest) Finish(bool bySha512)
    {
        var bytes = sha256.Finish();
        return (bytes, bySha512 ? Sha512Prefix + Convert.ToHexStringLower(sha512!.GetHashAndReset()) : "sha256:" + bytes.Hex);
    }

    private static bool IsSha512(string digest) => digest.StartsWith(Sha512Prefix, StringComparison.Ordinal);
}
