using System.Net.Http.Headers;

namespace Stapes.Protocols.Incus.Client.Oidc;

/// <summary>How a server wants its users to log in: what it says on an answer that refuses a request. Source: Incus, <c>client/incus_oidc.go</c>.</summary>
/// <param name="Issuer">The issuer's URL, exactly as it names itself.</param>
/// <param name="ClientId">The client that users log in with; it has no secret.</param>
/// <param name="Audience">Whom tokens have to be for; empty where the issuer knows.</param>
/// <param name="Scopes">What to ask the issuer for.</param>
internal sealed record OidcChallenge(string Issuer, string ClientId, string Audience, IReadOnlyList<string> Scopes)
{
    /// <returns>Null when the server knows no login of this kind.</returns>
    public static OidcChallenge? TryRead(HttpResponseHeaders headers)
    {
        var (issuer, client) = (Read(headers, "issuer"), Read(headers, "clientid"));
        if (issuer.Length == 0 || client.Length == 0)
            return null;
        var scopes = Read(headers, "scopes").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new(issuer, client, Read(headers, "audience"), scopes.Length > 0 ? scopes : ["openid", "offline_access"]);
    }

    private static string Read(HttpResponseHeaders headers, string name) =>
        headers.NonValidated.TryGetValues($"X-Incus-OIDC-{name}", out var values) ? values.ToString().Trim() : "";
}
