using System.CommandLine;
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
        var grant = new GrantOptions("Token description");
        var command = new Command("add", """
            Add an access token

            It is printed once, and cannot be shown again. With -q it alone is printed.
            """) { name };
        grant.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            using var server = LocalServer.Connect(result);
            var token = await server.AddTokenAsync(grant.Read<AccessTokenRecord>(result, result.GetRequiredValue(name)), cancellation);
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
            GrantList.Print(result, format, await server.ListTokensAsync(cancellation), IncusJsonContext.Default.IReadOnlyListAccessTokenRecord);
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
}
