using System.CommandLine;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Config;

/// <summary>The options of <c>config token add</c> and <c>config oidc add</c>: what is granted.</summary>
internal sealed class GrantOptions(string descriptionHelp)
{
    private readonly Option<string> role = AccessOptions.RoleOrViewer();
    private readonly Option<string[]> projects = AccessOptions.Projects();
    private readonly Option<string?> expiry = AccessOptions.Expiry("it");
    private readonly Option<string?> description = new("--description") { Description = descriptionHelp, HelpName = "TEXT" };

    public void AddTo(Command command)
    {
        command.Add(role);
        command.Add(projects);
        command.Add(expiry);
        command.Add(description);
    }

    /// <exception cref="Core.StapesException">Invalid: the expiry is no length of time.</exception>
    public T Read<T>(ParseResult result, string name) where T : GrantRecord, new()
    {
        var restriction = AccessOptions.Names(result.GetValue(projects));
        return new()
        {
            Name = name,
            Description = result.GetValue(description) ?? "",
            Role = result.GetRequiredValue(role),
            Restricted = restriction.Count > 0,
            Projects = restriction,
            ExpiresAt = AccessOptions.End(result.GetValue(expiry)) ?? default,
        };
    }
}
