namespace Stapes.Core.Access;

/// <summary>Roles as people write them.</summary>
public static class RoleNames
{
    public static string ToName(this Role role) => role switch
    {
        Role.Viewer => "viewer",
        Role.Publisher => "publisher",
        _ => "admin",
    };

    public static bool TryParse(string name, out Role role)
    {
        (var known, role) = name switch
        {
            "viewer" => (true, Role.Viewer),
            "publisher" => (true, Role.Publisher),
            "admin" => (true, Role.Admin),
            _ => (false, default),
        };
        return known;
    }

    /// <exception cref="StapesException">Invalid: there is no such role.</exception>
    public static Role Parse(string name) => TryParse(name, out var role)
        ? role
        : throw new StapesException(ErrorKind.Invalid, $"\"{name}\" is no role: the roles are viewer, publisher and admin");
}
