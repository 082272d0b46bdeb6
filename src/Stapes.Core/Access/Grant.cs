namespace Stapes.Core.Access;

/// <summary>What somebody is let in with who has no certificate: an access token, or a user of the OIDC issuer.</summary>
/// <param name="Name">For a token, what it is removed by; for a user, what the issuer's tokens say.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Projects">The projects that it is restricted to; null for all.</param>
/// <param name="ExpiresAt">From when on it is worth nothing; null for never.</param>
/// <param name="Description">Free text.</param>
public sealed record Grant(string Name, Role Role, IReadOnlyList<string>? Projects = null, DateTimeOffset? ExpiresAt = null, string Description = "");
