using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Core.Repositories;

namespace Stapes.Protocols.Oci.Server;

/// <summary>What a request may do: what its caller may, and only what its token is for where it came with one of the registry's.</summary>
/// <param name="Caller">Who sent it.</param>
/// <param name="Scopes">What its token is for; null when it came without one.</param>
/// <param name="Policy">What repositories are to callers.</param>
internal sealed record RegistryAccess(Caller Caller, IReadOnlyList<TokenScope>? Scopes, RepositoryPolicy Policy)
{
    public const string Pull = "pull";
    public const string Push = "push";
    public const string Delete = "delete";

    /// <summary>Whether the caller as such may, whatever the token says.</summary>
    public bool MayEver(string action, string name) => action is Pull ? Policy.MayPull(Caller, name) : Policy.MayPush(Caller, name);

    public bool May(string action, string name) => (action is Pull && Policy.IsPublic(name)) || (MayEver(action, name) && IsGranted(action, name));

    /// <summary>Whose images a request sees: those of its caller, if its token is for pulling that name.</summary>
    public Audience AudienceOf(string name) => IsGranted(Pull, name) ? Caller.Audience : Audience.Everyone;

    /// <summary>Whether a list shows the repository.</summary>
    public bool MaySee(string name) => Policy.MayPull(Caller, name);

    private bool IsGranted(string action, string name) =>
        Scopes is null || Scopes.Any(s => s.Type is "repository" && s.Name == name && s.Actions.Contains(action));
}
