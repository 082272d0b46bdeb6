using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Stapes.Core.Images;

/// <summary>A SHA-256 digest: of a file, or of an image (its fingerprint). Always 64 lower-case hexadecimal digits.</summary>
public readonly record struct Sha256Digest
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdefABCDEF");

    private readonly string? hex;

    private Sha256Digest(string hex) => this.hex = hex;

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Hex => hex ?? throw new InvalidOperationException("The digest was never set.");

    /// <param name="hash">The 32 bytes of the digest.</param>
    public static Sha256Digest FromBytes(ReadOnlySpan<byte> hash)
    {
        if (hash.Length != SHA256.HashSizeInBytes)
            throw new ArgumentException("A SHA-256 digest has 32 bytes.", nameof(hash));
        return new(Convert.ToHexStringLower(hash));
    }

    /// <summary>Reads 64 hexadecimal digits; upper-case ones are lowered, because some indexes have them.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Sha256Digest digest)
    {
        digest = default;
        if (text is not { Length: 64 } || text.AsSpan().ContainsAnyExcept(HexDigits))
            return false;
        digest = new(text.ToLowerInvariant());
        return true;
    }

    public override string ToString() => hex ?? "";
}
