using Stapes.Core.Access;

namespace Stapes.Protocols.Incus.Server;

/// <summary>How the API tells and takes what access tokens and users of an issuer may do.</summary>
internal static class Grants
{
    public static T Describe<T>(Identity identity) where T : GrantRecord, new() => new()
    {
        Name = identity.Name,
        Description = identity.Description,
        Role = identity.Role.ToName(),
        Restricted = identity.Restricted,
        Projects = identity.Projects,
        CreatedAt = identity.CreatedAt,
        ExpiresAt = identity.ExpiresAt ?? default,
    };

    /// <exception cref="Core.StapesException">Invalid: there is no such role.</exception>
    public static Grant Read(GrantRecord post) => new(
        post.Name, RoleNames.Parse(post.Role), post.Restricted ? post.Projects ?? [] : null, post.ExpiresAt == default ? null : post.ExpiresAt, post.Description);
}
