using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Stapes.Core.Access;

/// <summary>
/// Secrets that the server makes: 32 random bytes, so that nobody guesses one and a plain hash is enough to keep. What is kept is the
/// SHA-256; two hashes are compared in a time that does not tell where they differ.
/// </summary>
public static class Secret
{
    /// <summary>What access tokens begin with: people and scanners of code recognize them.</summary>
    public const string TokenPrefix = "stapes_";

    private const int Size = 32;

    /// <summary>A new access token; it can stand in a URL as it is.</summary>
    public static string NewToken() => TokenPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Size));

    /// <summary>A new secret of a trust token, in hexadecimal digits as Incus has them.</summary>
    public static string NewTrustSecret() => RandomNumberGenerator.GetHexString(2 * Size, lowercase: true);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    public static bool AreEqual(string hash, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(other));
}
