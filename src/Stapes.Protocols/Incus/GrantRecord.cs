namespace Stapes.Protocols.Incus;

/// <summary>What an access token or a user of the OpenID Connect issuer may do, in answers and in the request to add one.</summary>
public abstract record GrantRecord
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary><c>viewer</c>, <c>publisher</c> or <c>admin</c>.</summary>
    public string Role { get; init => field = value ?? ""; } = "";

    /// <summary>Whether it is restricted to <see cref="Projects"/>.</summary>
    public bool Restricted { get; init; }

    public IReadOnlyList<string>? Projects { get; init; }

    /// <summary>Not in requests.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The zero time: never.</summary>
    public DateTimeOffset ExpiresAt { get; init; }
}
