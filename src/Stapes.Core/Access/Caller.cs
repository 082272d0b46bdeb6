using Stapes.Core.Library;

namespace Stapes.Core.Access;

/// <summary>Whoever sent a request, as far as the server knows them. Protocols ask it what it may do, and nothing else.</summary>
public sealed record Caller
{
    /// <summary>Anybody: sees public images only.</summary>
    public static Caller Stranger { get; } = new() { Name = "stranger" };

    /// <summary>Whoever may open the Unix socket.</summary>
    public static Caller Local { get; } = new() { Name = "unix", Role = Access.Role.Admin };

    /// <summary>Who it is, for the audit log: no secret.</summary>
    public required string Name { get; init; }

    /// <summary>Null for a stranger.</summary>
    public Role? Role { get; init; }

    /// <summary>The projects that it is restricted to; null for all.</summary>
    public IReadOnlySet<string>? Projects { get; init; }

    /// <summary>Whether the server knows it at all.</summary>
    public bool IsTrusted => Role is not null;

    /// <summary>Whether it may change identities, projects and settings: an admin that is not restricted.</summary>
    public bool IsAdmin => Role is Access.Role.Admin && Projects is null;

    public bool MaySee(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return image.Public || MaySeePrivate(image.Project);
    }

    /// <summary>Whether it sees the private images of a project, and that there is such a project.</summary>
    public bool MaySeePrivate(string project) => Role is not null && IsIn(project);

    /// <summary>Whether it may add, edit and delete images and aliases of a project.</summary>
    public bool MayWrite(string project) => Role >= Access.Role.Publisher && IsIn(project);

    private bool IsIn(string project) => Projects is null || Projects.Contains(project);
}
