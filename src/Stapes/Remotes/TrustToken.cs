using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stapes.Remotes;

/// <summary>What an administrator gives somebody who shall be trusted: base64 of JSON. Source: Incus REST API, <c>CertificateAddToken</c>.</summary>
internal sealed record TrustToken(string ClientName, string Fingerprint, IReadOnlyList<string> Addresses, string Secret)
{
    /// <summary>Null for a text that is something else.</summary>
    public static TrustToken? TryParse(string text)
    {
        var bytes = new byte[text.Length];
        if (text.Length == 0 || !Convert.TryFromBase64String(text, bytes, out var length))
            return null;
        try
        {
            return JsonSerializer.Deserialize(bytes.AsSpan(0, length), TrustTokenContext.Default.TrustToken) is
                { ClientName.Length: > 0, Fingerprint.Length: > 0, Addresses.Count: > 0, Secret.Length: > 0 } token ? token : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TrustToken))]
internal sealed partial class TrustTokenContext : JsonSerializerContext;
