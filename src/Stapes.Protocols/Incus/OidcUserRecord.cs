namespace Stapes.Protocols.Incus;

/// <summary>
/// A user of the OpenID Connect issuer who was added by name, in answers of <c>/stapes/1.0/oidc</c> and in the request to add one. The name is
/// what the issuer's tokens call the user, in the claim that the server looks at.
/// </summary>
public sealed record OidcUserRecord : GrantRecord;
