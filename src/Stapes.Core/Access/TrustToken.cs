namespace Stapes.Core.Access;

/// <summary>A token with which a client adds its certificate itself, once.</summary>
public sealed record TrustToken
{
    /// <summary>The SHA-256 of its secret, in 64 lower-case hexadecimal digits.</summary>
    public required string Hash { get; init; }

    /// <summary>Not secret: the name under which it can be looked at and revoked.</summary>
    public required Guid Id { get; init; }

    /// <summary>The name that the certificate gets.</summary>
    public required string Name { get; init; }

    public string Description { get; init; } = "";

    public required Role Role { get; init; }

    public bool Restricted { get; init; }

    public IReadOnlyList<string> Projects { get; init; } = [];

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From when on it is worth nothing; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
