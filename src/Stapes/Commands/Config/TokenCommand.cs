using System.CommandLine;
using Stapes.Output;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Config;

/// <summary><c>stapes config token</c>: access tokens, for what cannot show a certificate.</summary>
internal static class TokenCommand
{
    public static Command Create() => new("token", """
        Manage access tokens

        A token is the password of basic authentication (any user name will do), a bearer token, or a part of a simplestreams URL:
        https://HOST:8443/t/TOKEN/.
        """) { CreateAdd(), CreateList(), CreateRemove() };

    private static Command CreateAdd()
    {
        var name = new Argument<string>("name") { Description = "A name to remove it by" };
        var role = AccessOptions.RoleOrViewer();
        var projects = AccessOptions.Projects();
        var expiry = AccessOptions.Expiry("it");
        var description = new Option<string?>("--description") { Description = "Token description", HelpName = "TEXT" };
        var command = new Command("add", """
            Add an access token

            It is printed once, and cannot be shown again. With -q it alone is printed.
            """) { name, role, projects, expiry, description };
        command.SetAction(async (result, cancellation) =>
        {
            var restriction = AccessOptions.Names(result.GetValue(projects));
            using var server = LocalServer.Connect(result);
            var token = await server.AddTokenAsync(new()
            {
                Name = result.GetRequiredValue(name),
                Description = result.GetValue(description) ?? "",
                Role = result.GetRequiredValue(role),
                Restricted = restriction.Count > 0,
                Projects = restriction,
                ExpiresAt = AccessOptions.End(result.GetValue(expiry)) ?? default,
            }, cancellation);
            var output = result.InvocationConfiguration.Output;
            if (!result.GetValue(LocalServer.Quiet))
                output.WriteLine($"Access token {token.Name}, which is shown only now:");
            output.WriteLine(token.Token);
        });
        return command;
    }

    private static Command CreateList()
    {
        var format = FormatOption.Create();
        var command = new Command("list", "List access tokens") { format };
        command.Aliases.Add("ls");
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            var tokens = await server.ListTokensAsync(cancellation);
            ListPrinter.Print(
                result.InvocationConfiguration.Output, result.GetRequiredValue(format), ["NAME", "ROLE", "PROJECTS", "DESCRIPTION", "CREATED AT", "EXPIRES AT"],
                [.. tokens.Select(Row)], tokens, IncusJsonContext.Default.IReadOnlyListAccessTokenRecord);
        });
        return command;
    }

    private static Command CreateRemove()
    {
        var name = new Argument<string>("name") { Description = "The token" };
        var command = new Command("remove", "Remove an access token; whoever uses it is refused at once") { name };
        command.Aliases.Add("delete");
        command.Aliases.Add("rm");
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            await server.DeleteTokenAsync(result.GetRequiredValue(name), cancellation);
        });
        return command;
    }

    private static IReadOnlyList<string> Row(AccessTokenRecord token) =>
    [
        token.Name, token.Role, token.Restricted ? string.Join('\n', token.Projects ?? []) : "", token.Description,
        LocalTime.Format(token.CreatedAt), token.ExpiresAt == default ? "" : LocalTime.Format(token.ExpiresAt),
    ];
}
