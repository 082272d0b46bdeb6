using System.Text.Json;
using System.Text.Json.Serialization;
using Stapes.Core;
using Stapes.Protocols.Shared.Authentication.Oidc;

namespace Stapes.Protocols.Incus.Client.Oidc;

/// <summary>
/// A login: what the issuer gave for it, in the form in which the Incus client keeps it. Source: zitadel/oidc, <c>Tokens</c>, around
/// golang.org/x/oauth2, <c>Token</c>; as JSON.
/// </summary>
public sealed record OidcTokens
{
    public string AccessToken { get; init => field = value ?? ""; } = "";

    public string TokenType { get; init => field = value ?? ""; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RefreshToken { get; init; }

    /// <summary>
    /// The end of the access token; the default when it is not known. Nothing is decided by it: the Incus client writes the time of the
    /// login here, because it takes the issuer's seconds for nanoseconds.
    /// </summary>
    public DateTimeOffset Expiry { get; init; }

    /// <summary>Kept as it was.</summary>
    [JsonPropertyName("IDTokenClaims")]
    public JsonElement? IdTokenClaims { get; init; }

    [JsonPropertyName("IDToken")]
    public string IdToken { get; init => field = value ?? ""; } = "";

    /// <summary>Whether there is an access token that can be sent.</summary>
    [JsonIgnore]
    public bool CanBeSent => IsToken(AccessToken);

    /// <summary>Reads what a file holds.</summary>
    /// <returns>Null when it is no login: whoever needs one has to log in again.</returns>
    public static OidcTokens? TryParse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, OidcJsonContext.Default.OidcTokens);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string ToJson() => JsonSerializer.Serialize(this, OidcJsonContext.Default.OidcTokens);

    /// <summary>Not the members: tokens are secrets.</summary>
    public override string ToString() => nameof(OidcTokens);

    /// <summary>The login that an issuer answered with.</summary>
    /// <param name="record">What it gave.</param>
    /// <param name="issuer">Its name, for messages.</param>
    /// <param name="now">The time.</param>
    /// <exception cref="StapesException">Unavailable: it gave no token that a server could be shown.</exception>
    internal static OidcTokens Of(TokenRecord record, string issuer, DateTimeOffset now) => new OidcTokens().With(record, issuer, now);

    /// <summary>The same for a login that was there before: what the issuer does not say anew stays (RFC 6749, section 6).</summary>
    internal OidcTokens With(TokenRecord record, string issuer, DateTimeOffset now)
    {
        if (record.AccessToken is not { } access || !IsToken(access) || (record.TokenType is { } type && !type.Equals("Bearer", StringComparison.OrdinalIgnoreCase)))
            throw new StapesException(ErrorKind.Unavailable, $"{issuer} gives no token of the type Bearer: ask its administrator");
        return this with
        {
            AccessToken = access,
            TokenType = "Bearer",
            RefreshToken = record.RefreshToken is { Length: > 0 } fresh ? fresh : RefreshToken,
            IdToken = record.IdToken is { Length: > 0 } id ? id : IdToken,
            Expiry = record.ExpiresIn is > 0 and < int.MaxValue and var seconds ? now.AddSeconds(seconds) : default,
        };
    }

    /// <summary>
    /// Whether the refresh token may be shown to an issuer. A server says who its issuer is; one that lies must not get what another issuer
    /// gave, where the tokens tell which one that was.
    /// </summary>
    internal bool MayBeOf(string issuer) => (IssuerOf(IdToken) ?? IssuerOf(AccessToken)) is not { } own || own == issuer;

    private static string? IssuerOf(string token)
    {
        try
        {
            return JsonWebToken.Parse(token).Text("iss");
        }
        catch (RejectedTokenException)
        {
            // What only the issuer can read.
            return null;
        }
    }

    /// <summary>RFC 6750, section 2.1, and what else can stand in a header.</summary>
    private static bool IsToken(string text) => text.Length > 0 && text.All(static c => c is > ' ' and <= '~');
}
