using Microsoft.AspNetCore.Http;

namespace Stapes.Protocols.Shared.Authentication.Oidc;

/// <summary>The OpenID Connect issuer whose users the server knows; in the words of Incus's <c>oidc.*</c> settings.</summary>
public sealed record OidcOptions
{
    /// <summary>The issuer, exactly as it names itself in its tokens. HTTPS; plain HTTP only on this machine.</summary>
    public required string Issuer { get; init; }

    /// <summary>The client that users sign in with: one for devices, without a secret.</summary>
    public required string ClientId { get; init; }

    /// <summary>Whom tokens must be meant for. Empty: those that were issued to <see cref="ClientId"/>.</summary>
    public string Audience { get; init; } = "";

    /// <summary>What clients ask the issuer for.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = ["openid", "offline_access"];

    /// <summary>The claim that holds the name of the user. Empty: the e-mail address, and without one the subject.</summary>
    public string Claim { get; init; } = "";

    /// <summary>
    /// Tells a client how to sign in, on an answer that refuses it: with 401 the Incus client renews its token or signs in anew, and asks
    /// again. Source: Incus, <c>client/incus_oidc.go</c>.
    /// </summary>
    public void WriteChallenge(IHeaderDictionary headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        headers["X-Incus-OIDC-issuer"] = Issuer;
        headers["X-Incus-OIDC-clientid"] = ClientId;
        headers["X-Incus-OIDC-audience"] = Audience;
        headers["X-Incus-OIDC-scopes"] = string.Join(',', Scopes);
    }
}
