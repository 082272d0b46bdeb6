using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace Stapes.Protocols.Shared.Authentication.Oidc;

/// <summary>A public key of an issuer (RFC 7517) that verifies signatures: RSA of 2048 bits and more, or a curve of NIST.</summary>
/// <param name="Id">Its name; null when it has none.</param>
/// <param name="Algorithm">The only algorithm that it is for; null for each that fits the key.</param>
internal sealed record SigningKey(string? Id, string? Algorithm)
{
    private const int LeastRsaBytes = 2048 / 8;

    private RSAParameters? Rsa { get; init; }

    private ECParameters? Curve { get; init; }

    /// <returns>Null for a key that is for something else, of an unknown kind, or too weak.</returns>
    public static SigningKey? TryParse(JsonElement json)
    {
        if (json.ValueKind is not JsonValueKind.Object || Text("use") is { } use and not "sig")
            return null;
        var key = new SigningKey(Text("kid"), Text("alg"));
        try
        {
            return Text("kty") switch
            {
                "RSA" when Bytes("n") is var modulus && modulus.Length >= LeastRsaBytes =>
                    key with { Rsa = new RSAParameters { Modulus = modulus, Exponent = Bytes("e") } },
                "EC" when CurveOf(Text("crv")) is { } curve =>
                    key with { Curve = new ECParameters { Curve = curve, Q = new() { X = Bytes("x"), Y = Bytes("y") } } },
                _ => null,
            };
        }
        catch (FormatException)
        {
            return null;
        }

        string? Text(string name) => json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

        byte[] Bytes(string name) => Base64Url.DecodeFromChars(Text(name) ?? "");
    }

    /// <summary>Whether the key made the signature. An algorithm that does not fit the key, <c>none</c> and shared secrets never verify.</summary>
    public bool Verifies(JsonWebToken token)
    {
        if (Algorithm is not null && Algorithm != token.Algorithm)
            return false;
        try
        {
            return Rsa is { } rsa ? VerifiesRsa(rsa, token) : VerifiesCurve(Curve!.Value, token);
        }
        catch (CryptographicException)
        {
            // The issuer's key is none.
            return false;
        }
    }

    private static bool VerifiesRsa(RSAParameters parameters, JsonWebToken token)
    {
        var (hash, padding) = token.Algorithm switch
        {
            "RS256" => (HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "RS384" => (HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
            "RS512" => (HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            "PS256" => (HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            "PS384" => (HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
            "PS512" => (HashAlgorithmName.SHA512, RSASignaturePadding.Pss),
            _ => (default, RSASignaturePadding.Pss),
        };
        if (hash.Name is null)
            return false;
        using var rsa = RSA.Create(parameters);
        return rsa.VerifyData(token.Signed, token.Signature, hash, padding);
    }

    /// <summary>RFC 7518, section 3.4: each algorithm has one curve.</summary>
    private static bool VerifiesCurve(ECParameters parameters, JsonWebToken token)
    {
        var (hash, curve) = token.Algorithm switch
        {
            "ES256" => (HashAlgorithmName.SHA256, ECCurve.NamedCurves.nistP256),
            "ES384" => (HashAlgorithmName.SHA384, ECCurve.NamedCurves.nistP384),
            "ES512" => (HashAlgorithmName.SHA512, ECCurve.NamedCurves.nistP521),
            _ => default,
        };
        if (hash.Name is null || curve.Oid.Value != parameters.Curve.Oid.Value)
            return false;
        using var ecdsa = ECDsa.Create(parameters);
        return ecdsa.VerifyData(token.Signed, token.Signature, hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static ECCurve? CurveOf(string? name) => name switch
    {
        "P-256" => ECCurve.NamedCurves.nistP256,
        "P-384" => ECCurve.NamedCurves.nistP384,
        "P-521" => ECCurve.NamedCurves.nistP521,
        _ => null,
    };
}
