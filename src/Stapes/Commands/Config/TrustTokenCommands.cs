using System.CommandLine;
using Stapes.Commands.Image;
using Stapes.Core;
using Stapes.Output;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Config;

/// <summary><c>config trust list-tokens|revoke-token</c>.</summary>
internal static class TrustTokenCommands
{
    public static Command CreateList()
    {
        var format = FormatOption.Create();
        var letters = new Option<string>("--columns", "-c") { Description = "Columns", HelpName = "LETTERS", DefaultValueFactory = static _ => "ntE" };
        var command = new Command("list-tokens", """
            List all active certificate add tokens

            A token can be shown until the server is restarted: only its hash is kept. It stays good all the same.

            Columns, for tables and CSV, with or without commas between them:
              n  name    t  token    E  expires at
            """) { letters, format };
        command.SetAction(async (result, cancellation) =>
        {
            var columns = Columns.Parse(result.GetRequiredValue(letters), Letter);
            using var server = LocalServer.Connect(result);
            IReadOnlyList<TrustTokenRecord> tokens = [.. (await server.ListTrustTokensAsync(cancellation)).Select(static t => t.Token)];
            ListPrinter.Print(
                result.InvocationConfiguration.Output, result.GetRequiredValue(format), [.. columns.Select(static c => c.Header)],
                [.. tokens.Select(t => (IReadOnlyList<string>)[.. columns.Select(c => c.Cell(t))]).Order(NaturalRowOrder.Instance)],
                tokens, IncusJsonContext.Default.IReadOnlyListTrustTokenRecord);
        });
        return command;
    }

    public static Command CreateRevoke()
    {
        var client = new Argument<string>("token") { Description = "The name of the client that the token is for" };
        var command = new Command("revoke-token", "Revoke certificate add token") { client };
        command.SetAction(async (result, cancellation) =>
        {
            var name = LocalServer.Name(result.GetRequiredValue(client));
            using var server = LocalServer.Connect(result);
            var (operation, _) = (await server.ListTrustTokensAsync(cancellation)).FirstOrDefault(t => t.Token.ClientName == name);
            if (operation is null)
                throw new StapesException(ErrorKind.NotFound, $"No certificate add token for member {name} on remote: local");
            await server.RevokeTrustTokenAsync(operation, cancellation);
            if (!result.GetValue(LocalServer.Quiet))
                result.InvocationConfiguration.Output.WriteLine($"Certificate add token for {name} deleted");
        });
        return command;
    }

    private static Column<TrustTokenRecord>? Letter(char letter) => letter switch
    {
        'n' => new("NAME", static t => t.ClientName),
        't' => new("TOKEN", static t => t.Secret.Length > 0 ? t.Encode() : ""),
        'E' => new("EXPIRES AT", static t => t.ExpiresAt == default ? " " : LocalTime.Format(t.ExpiresAt)),
        _ => null,
    };
}
