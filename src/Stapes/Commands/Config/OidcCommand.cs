using System.CommandLine;
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
        var grant = new GrantOptions("User description");
        var command = new Command("add", "Let a user of the issuer use this server") { name };
        grant.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            await server.AddUserAsync(grant.Read<OidcUserRecord>(result, result.GetRequiredValue(name)), cancellation);
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
            GrantList.Print(result, format, await server.ListUsersAsync(cancellation), IncusJsonContext.Default.IReadOnlyListOidcUserRecord);
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
}
