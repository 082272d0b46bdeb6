using System.Security.Cryptography;
using Stapes.Core.Images;

namespace Stapes.Protocols.Oci.Images;

/// <summary>Computes a digest of the algorithm that another one has.</summary>
internal sealed class ContentHash(OciDigest expected) : IDisposable
{
    private readonly Sha256Hasher? sha256 = expected.IsSha256 ? new() : null;
    private readonly IncrementalHash? sha512 = expected.IsSha256 ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA512);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        sha256?.Append(bytes);
        sha512?.AppendData(bytes);
    }

    /// <summary>Whether what was appended has the expected digest. Ends its use.</summary>
    public bool Matches() => sha256 is not null
        ? OciDigest.From(sha256.Finish()) == expected
        : Convert.ToHexStringLower(sha512!.GetHashAndReset()) == expected.Hex;

    public void Dispose()
    {
        sha256?.Dispose();
        sha512?.Dispose();
    }
}
