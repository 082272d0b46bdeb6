using System.Text.Json.Serialization;

namespace Stapes.Protocols.Incus.Client.Oidc;

/// <summary>What an issuer says of itself (OpenID Connect Discovery 1.0, section 3; RFC 8628, section 4).</summary>
internal sealed record DiscoveryRecord(string? Issuer, string? DeviceAuthorizationEndpoint, string? TokenEndpoint);

/// <summary>What a failed request is answered with (RFC 6749, section 5.2).</summary>
internal record IssuerRecord
{
    /// <summary>A code; null when nothing failed.</summary>
    public string? Error { get; init; }

    public string? ErrorDescription { get; init; }
}

/// <summary>What a user has to do to log a device in (RFC 8628, section 3.2). Times are seconds.</summary>
internal sealed record DeviceCodeRecord : IssuerRecord
{
    public string? DeviceCode { get; init; }

    public string? UserCode { get; init; }

    public string? VerificationUri { get; init; }

    /// <summary>The same with the code in it; not every issuer has that.</summary>
    public string? VerificationUriComplete { get; init; }

    public long ExpiresIn { get; init; }

    /// <summary>Between two questions whether the user did it.</summary>
    public long? Interval { get; init; }
}

/// <summary>Tokens (RFC 6749, section 5.1; OpenID Connect Core 1.0, section 3.1.3.3).</summary>
internal sealed record TokenRecord : IssuerRecord
{
    public string? AccessToken { get; init; }

    public string? TokenType { get; init; }

    public string? RefreshToken { get; init; }

    public string? IdToken { get; init; }

    /// <summary>Seconds; null when the issuer does not say.</summary>
    public long? ExpiresIn { get; init; }
}

/// <summary>How records of issuers are read, some of which write numbers as texts, and how the file of a login is.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(GoTimeConverter)])]
[JsonSerializable(typeof(DiscoveryRecord))]
[JsonSerializable(typeof(DeviceCodeRecord))]
[JsonSerializable(typeof(TokenRecord))]
[JsonSerializable(typeof(OidcTokens))]
internal sealed partial class OidcJsonContext : JsonSerializerContext;
