namespace Stapes.Protocols.Incus;

/// <summary>A user of the OpenID Connect issuer who was added by name, in answers of <c>/stapes/1.0/oidc</c> and in the request to add one.</summary>
public sealed record OidcUserRecord
{
    /// <summary>What the issuer's tokens call the user, in the claim that the server looks at.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary><c>viewer</c>, <c>publisher</c> or <c>admin</c>.</summary>
    public string Role { get; init => field = value ?? ""; } = "";

    /// <summary>Whether the user is restricted to <see cref="Projects"/>.</summary>
    public bool Restricted { get; init; }

    public IReadOnlyList<string>? Projects { get; init; }

    /// <summary>Not in requests.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The zero time: never.</summary>
    public DateTimeOffset ExpiresAt { get; init; }
}
