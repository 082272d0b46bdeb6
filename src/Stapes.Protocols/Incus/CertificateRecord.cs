using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Stapes.Protocols.Incus;

/// <summary>A trusted certificate (<c>Certificate</c> in the REST API specification), with the role that only Stapes knows.</summary>
public sealed record CertificateRecord
{
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary><c>client</c>: there are no others here.</summary>
    public string Type { get; init => field = value ?? ""; } = "";

    public bool Restricted { get; init; }

    /// <summary>Those that it is restricted to.</summary>
    public IReadOnlyList<string>? Projects { get; init; }

    /// <summary>PEM.</summary>
    public string Certificate { get; init => field = value ?? ""; } = "";

    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>SHA-256 of the certificate in DER, in lower-case hexadecimal digits.</summary>
    public string Fingerprint { get; init => field = value ?? ""; } = "";

    /// <summary><c>viewer</c>, <c>publisher</c> or <c>admin</c>; a server of Incus has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role { get; init; }
}

/// <summary>The editable fields of a certificate (<c>CertificatePut</c>); in a PATCH null for what stays. The role stays when it is null.</summary>
public sealed record CertificatePutRecord
{
    public string? Name { get; init; }

    public string? Type { get; init; }

    public bool? Restricted { get; init; }

    public IReadOnlyList<string>? Projects { get; init; }

    /// <summary>PEM; null or empty for the present one.</summary>
    public string? Certificate { get; init; }

    public string? Description { get; init; }

    public string? Role { get; init; }
}

/// <summary>A request to trust a certificate, or for a token with which a client gets itself trusted (<c>CertificatesPost</c>).</summary>
public sealed record CertificatesPostRecord
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Type { get; init => field = value ?? ""; } = "";

    public bool Restricted { get; init; }

    public IReadOnlyList<string>? Projects { get; init; }

    /// <summary>PEM, or DER in base64; empty for the certificate of the connection.</summary>
    public string Certificate { get; init => field = value ?? ""; } = "";

    public string Description { get; init => field = value ?? ""; } = "";

    public string TrustToken { get; init => field = value ?? ""; } = "";

    /// <summary>Whether to make a token.</summary>
    public bool Token { get; init; }

    /// <summary>Where clients of LXD 5.0 put their token.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Password { get; init; }

    /// <summary>Stapes only; null for admin.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Role { get; init; }

    /// <summary>Stapes only: the end of the token; null for the server's own idea.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>What a trust token holds (<c>CertificateAddToken</c>); people carry it as JSON in base64.</summary>
public sealed record TrustTokenRecord
{
    public string ClientName { get; init => field = value ?? ""; } = "";

    /// <summary>Of the server's certificate.</summary>
    public string Fingerprint { get; init => field = value ?? ""; } = "";

    /// <summary>Where the server may be reached: host and port.</summary>
    public IReadOnlyList<string>? Addresses { get; init; }

    public string Secret { get; init => field = value ?? ""; } = "";

    /// <summary>The zero time: never.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The token of an operation; null when the operation is something else.</summary>
    public static TrustTokenRecord? Of(OperationRecord operation)
    {
        if (operation is not { Class: "token", StatusCode: OperationStatus.Running, Metadata: { } metadata } || metadata["request"] is not JsonObject request)
            return null;
        return new()
        {
            ClientName = (string?)request["name"] ?? "",
            Fingerprint = (string?)metadata["fingerprint"] ?? "",
            Addresses = [.. metadata["addresses"]?.AsArray().Select(static a => (string?)a ?? "") ?? []],
            Secret = (string?)metadata["secret"] ?? "",
            ExpiresAt = DateTimeOffset.TryParse((string?)metadata["expiresAt"], System.Globalization.CultureInfo.InvariantCulture, out var end) ? end : default,
        };
    }

    /// <summary>In the form that clients take.</summary>
    public string Encode() =>
        Convert.ToBase64String(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(this, IncusJsonContext.Default.TrustTokenRecord));

    /// <returns>Null when the text is no token.</returns>
    public static TrustTokenRecord? TryDecode(string text)
    {
        Span<byte> bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length))
            return null;
        try
        {
            return System.Text.Json.JsonSerializer.Deserialize(bytes[..length], IncusJsonContext.Default.TrustTokenRecord);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
