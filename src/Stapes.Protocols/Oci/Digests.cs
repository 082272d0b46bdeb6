using System.Security.Cryptography;
using Stapes.Core.Images;

namespace Stapes.Protocols.Oci;

/// <summary>Digests of what is in memory.</summary>
internal static class Digests
{
    public static Sha256Digest Of(ReadOnlySpan<byte> bytes) => Sha256Digest.FromBytes(SHA256.HashData(bytes));

    public static bool Match(ReadOnlySpan<byte> bytes, OciDigest digest) =>
        (digest.IsSha256 ? Convert.ToHexStringLower(SHA256.HashData(bytes)) : Convert.ToHexStringLower(SHA512.HashData(bytes))) == digest.Hex;
}
