using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Stapes.Protocols.Shared.Authentication.Oidc;

/// <summary>A signed token in its compact form (RFC 7515, section 7.1), taken apart; nothing of it is verified.</summary>
/// <param name="Algorithm">The signature's, as the token says (RFC 7518, section 3.1).</param>
/// <param name="KeyId">The key that it names; null when it names none.</param>
/// <param name="Claims">The payload: an object.</param>
/// <param name="Signed">What the signature is over.</param>
/// <param name="Signature">The signature.</param>
internal sealed record JsonWebToken(string Algorithm, string? KeyId, JsonElement Claims, byte[] Signed, byte[] Signature)
{
    /// <summary>Real ones have one or two thousand.</summary>
    private const int MostCharacters = 16 << 10;

    /// <exception cref="RejectedTokenException">It is no such token.</exception>
    public static JsonWebToken Parse(string text)
    {
        if (text.Length > MostCharacters || text.Split('.') is not [var head, var body, var signature])
            throw new RejectedTokenException("it is no JSON web token");
        try
        {
            var header = Object(head);
            // Extensions that a reader must understand (RFC 7515, section 4.1.11): there is none that this one does.
            if (header.TryGetProperty("crit", out _))
                throw new RejectedTokenException("it needs extensions that are not known here");
            return new(
                Text(header, "alg") ?? "", Text(header, "kid"), Object(body),
                Encoding.ASCII.GetBytes($"{head}.{body}"), Base64Url.DecodeFromChars(signature));
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new RejectedTokenException("it is no JSON web token", e);
        }
    }

    /// <summary>A claim that is a text; null when it is missing or something else.</summary>
    public string? Text(string claim) => Text(Claims, claim);

    /// <summary>A claim that is a time: seconds since 1970 (RFC 7519, section 2, NumericDate).</summary>
    public DateTimeOffset? Time(string claim) =>
        Claims.TryGetProperty(claim, out var value) && value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var seconds)
            && seconds is >= 0 and < 253_402_300_799 ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;

    /// <summary>A claim that is a text or a list of texts.</summary>
    public IEnumerable<string> Texts(string claim) => !Claims.TryGetProperty(claim, out var value) ? []
        : value.ValueKind is JsonValueKind.String ? [value.GetString()!]
        : value.ValueKind is JsonValueKind.Array ? value.EnumerateArray().Where(static v => v.ValueKind is JsonValueKind.String).Select(static v => v.GetString()!)
        : [];

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static JsonElement Object(string part)
    {
        using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(part));
        return document.RootElement.ValueKind is JsonValueKind.Object ? document.RootElement.Clone() : throw new FormatException("It is no object.");
    }
}
