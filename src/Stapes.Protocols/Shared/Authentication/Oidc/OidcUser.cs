namespace Stapes.Protocols.Shared.Authentication.Oidc;

/// <summary>Whom the issuer vouches for.</summary>
/// <param name="Subject">What the issuer calls the user; never given to another one.</param>
/// <param name="Name">The name that identities go by.</param>
public sealed record OidcUser(string Subject, string Name);
