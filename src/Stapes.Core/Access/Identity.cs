namespace Stapes.Core.Access;

/// <summary>Somebody who the server knows, and what they may do.</summary>
public sealed record Identity
{
    public required IdentityKind Kind { get; init; }

    /// <summary>
    /// What identifies it among those of its kind: the SHA-256 of the certificate in DER or of the token's secret (64 lower-case
    /// hexadecimal digits), or the subject.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>What people call it; unique among access tokens only.</summary>
    public required string Name { get; init; }

    public string Description { get; init; } = "";

    public required Role Role { get; init; }

    /// <summary>Whether it is restricted to <see cref="Projects"/>.</summary>
    public bool Restricted { get; init; }

    /// <summary>Where it is restricted, the projects that it has; otherwise without a meaning, but kept.</summary>
    public IReadOnlyList<string> Projects { get; init; } = [];

    /// <summary>PEM; empty for other kinds.</summary>
    public string Certificate { get; init; } = "";

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From when on it is a stranger; null for never. Certificates have an end of their own beside this.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public IdentityKey Key => new(Kind, Id);

    /// <summary>How many characters the name of an OIDC subject can have.</summary>
    public const int LongestUserName = 256;

    /// <summary>Whether an issuer may call somebody so.</summary>
    public static bool IsUserName(string? name) => name is { Length: > 0 and <= LongestUserName } && !name.Any(char.IsControl);

    /// <summary>It as the sender of a request.</summary>
    internal Caller ToCaller() => new()
    {
        Name = Name,
        Key = Key,
        Id = Kind is IdentityKind.Token ? "" : Id,
        Method = Kind switch
        {
            IdentityKind.Certificate => CallerMethod.Tls,
            IdentityKind.Token => CallerMethod.Token,
            _ => CallerMethod.Oidc,
        },
        Role = Role,
        Projects = Restricted ? Projects.ToHashSet(StringComparer.Ordinal) : null,
    };
}

/// <summary>What identifies an identity.</summary>
public readonly record struct IdentityKey(IdentityKind Kind, string Id);

/// <summary>How an identity proves itself.</summary>
public enum IdentityKind
{
    /// <summary>By the certificate of its TLS connection.</summary>
    Certificate,

    /// <summary>By a secret that it was given.</summary>
    Token,

    /// <summary>By what an OIDC issuer signed.</summary>
    Oidc,
}
