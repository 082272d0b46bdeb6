using Stapes.Core.Library;

namespace Stapes.Core.Access;

/// <summary>Whoever sent a request, as far as the server knows them. Protocols ask it what it may do, and nothing else.</summary>
public sealed record Caller
{
    /// <summary>Anybody: sees public images only.</summary>
    public static Caller Stranger { get; } = new() { Name = "stranger", Method = CallerMethod.None };

    /// <summary>Whoever may open the Unix socket.</summary>
    public static Caller Local { get; } = new() { Name = "unix", Method = CallerMethod.Unix, Role = Access.Role.Admin };

    /// <summary>Who it is, for the audit log: no secret.</summary>
    public required string Name { get; init; }

    /// <summary>How the server knows it.</summary>
    public required CallerMethod Method { get; init; }

    /// <summary>What identifies it beside its name: the fingerprint of its certificate, or its subject; else empty. No secret.</summary>
    public string Id { get; init; } = "";

    /// <summary>Which identity it is; null for those that the server does not keep.</summary>
    public IdentityKey? Key { get; init; }

    /// <summary>Null for a stranger.</summary>
    public Role? Role { get; init; }

    /// <summary>The projects that it is restricted to; null for all.</summary>
    public IReadOnlySet<string>? Projects { get; init; }

    /// <summary>Whether the server knows it at all.</summary>
    public bool IsTrusted => Role is not null;

    /// <summary>Whether it may change identities, projects and settings: an admin that is not restricted.</summary>
    public bool IsAdmin => Role is Access.Role.Admin && Projects is null;

    /// <summary>What it sees of the images.</summary>
    public Audience Audience => field ??=
        Role is null ? Audience.Everyone : Projects is null ? Audience.Trusted : Audience.Of(Projects);

    public bool MaySee(Image image) => Audience.MaySee(image);

    /// <summary>Whether it sees the private images of a project, and that there is such a project.</summary>
    public bool MaySeePrivate(string project) => Role is not null && IsIn(project);

    /// <summary>Whether it may add, edit and delete images and aliases of a project.</summary>
    public bool MayWrite(string project) => Role >= Access.Role.Publisher && IsIn(project);

    /// <summary>Whether it may do just what another one may.</summary>
    public bool MayTheSameAs(Caller? other) =>
        other is not null && Role == other.Role && (Projects is null) == (other.Projects is null) && Audience.Equals(other.Audience);

    private bool IsIn(string project) => Projects is null || Projects.Contains(project);
}

/// <summary>How the server knows a caller.</summary>
public enum CallerMethod
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>It came over the Unix socket.</summary>
    Unix,

    /// <summary>By its certificate.</summary>
    Tls,

    /// <summary>By an access token.</summary>
    Token,

    /// <summary>By what an OIDC issuer says of it.</summary>
    Oidc,
}
