using System.CommandLine;
using Stapes.Output;
using Stapes.Output.Yaml;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Config;

/// <summary><c>stapes config oidc</c>: which users of the OpenID Connect issuer may do what.</summary>
internal static class OidcCommand
{
    public static Command Create() => new("oidc", """
        Manage users of the OpenID Connect issuer

        A user who signs in with the issuer of --oidc-issuer may do what was given to the name that the issuer's tokens hold: the e-mail
        address, or the claim of --oidc-claim. Others may do what --oidc-role says, which is nothing by itself.
        """) { CreateAdd(), CreateList(), CreateRemove(), CreateShow() };

    private static Command CreateAdd()
    {
        var name = Name();
        var role = AccessOptions.RoleOrViewer();
        var projects = AccessOptions.Projects();
        var expiry = AccessOptions.Expiry("it");
        var description = new Option<string?>("--description") { Description = "User description", HelpName = "TEXT" };
        var command = new Command("add", "Let a user of the issuer use this server") { name, role, projects, expiry, description };
        command.SetAction(async (result, cancellation) =>
        {
            var restriction = AccessOptions.Names(result.GetValue(projects));
            using var server = LocalServer.Connect(result);
            await server.AddUserAsync(new()
            {
                Name = result.GetRequiredValue(name),
                Description = result.GetValue(description) ?? "",
                Role = result.GetRequiredValue(role),
                Restricted = restriction.Count > 0,
                Projects = restriction,
                ExpiresAt = AccessOptions.End(result.GetValue(expiry)) ?? default,
            }, cancellation);
        });
        return command;
    }

    private static Command CreateList()
    {
        var format = FormatOption.Create();
        var command = new Command("list", "List the users who were added") { format };
        command.Aliases.Add("ls");
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            var users = await server.ListUsersAsync(cancellation);
            ListPrinter.Print(
                result.InvocationConfiguration.Output, result.GetRequiredValue(format), ["NAME", "ROLE", "PROJECTS", "DESCRIPTION", "CREATED AT", "EXPIRES AT"],
                [.. users.Select(Row)], users, IncusJsonContext.Default.IReadOnlyListOidcUserRecord);
        });
        return command;
    }

    private static Command CreateShow()
    {
        var name = Name();
        var command = new Command("show", "Show what a user may do") { name };
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            var user = await server.GetUserAsync(result.GetRequiredValue(name), cancellation);
            YamlWriter.Write(result.InvocationConfiguration.Output, user, IncusJsonContext.Default.OidcUserRecord);
        });
        return command;
    }

    private static Command CreateRemove()
    {
        var name = Name();
        var command = new Command("remove", "Take a user's rights away, at once") { name };
        command.Aliases.Add("delete");
        command.Aliases.Add("rm");
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            await server.DeleteUserAsync(result.GetRequiredValue(name), cancellation);
        });
        return command;
    }

    private static Argument<string> Name() => new("name") { Description = "What the issuer's tokens call the user" };

    private static IReadOnlyList<string> Row(OidcUserRecord user) =>
    [
        user.Name, user.Role, user.Restricted ? string.Join('\n', user.Projects ?? []) : "", user.Description,
        LocalTime.Format(user.CreatedAt), user.ExpiresAt == default ? "" : LocalTime.Format(user.ExpiresAt),
    ];
}
