using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Stapes.Core.Images;

namespace Stapes.Protocols.Oci;

/// <summary>
/// A digest of a registered algorithm, sha256 or sha512. Source: OCI image-spec 1.1, «Digests»: the hexadecimal digits are lower-case.
/// </summary>
public readonly record struct OciDigest
{
    private const string Sha256Prefix = "sha256:";
    private const string Sha512Prefix = "sha512:";

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private readonly string? text;

    private OciDigest(string text) => this.text = text;

    public bool IsSha256 => ToString().StartsWith(Sha256Prefix, StringComparison.Ordinal);

    /// <summary>The digits behind the colon.</summary>
    public string Hex => ToString()[(ToString().IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>The digest as the rest of the program has it; null for sha512.</summary>
    public Sha256Digest? Sha256 => IsSha256 && Sha256Digest.TryParse(Hex, out var digest) ? digest : null;

    public static OciDigest From(Sha256Digest digest) => new(Sha256Prefix + digest.Hex);

    public static bool TryParse([NotNullWhen(true)] string? text, out OciDigest digest)
    {
        digest = default;
        var length = text switch
        {
            null => 0,
            _ when text.StartsWith(Sha256Prefix, StringComparison.Ordinal) => 64,
            _ when text.StartsWith(Sha512Prefix, StringComparison.Ordinal) => 128,
            _ => 0,
        };
        if (length == 0 || text!.Length != 7 + length || text.AsSpan(7).ContainsAnyExcept(HexDigits))
            return false;
        digest = new(text);
        return true;
    }

    public override string ToString() => text ?? "";
}
