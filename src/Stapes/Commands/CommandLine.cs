using System.CommandLine;
using System.CommandLine.Parsing;
using Stapes.Commands.Documentation;
using Stapes.Commands.Image;
using Stapes.Commands.Remote;
using Stapes.Commands.Serve;
using Stapes.Commands.Tree;

namespace Stapes.Commands;

/// <summary>The whole command line: which commands there are, and how every failure reaches the user.</summary>
internal static class CommandLine
{
    private const int Failure = 1;
    private const int WrongUsage = 2;

    /// <param name="commandLine">The name that the program was called by, then its arguments.</param>
    /// <returns>0, 1 for a failure, 2 for wrong usage.</returns>
    public static async Task<int> RunAsync(string[] commandLine, CancellationToken cancellation)
    {
        var calledAs = Path.GetFileName(commandLine[0]);
        var root = calledAs == IncusSimplestreamsCommand.Name ? IncusSimplestreamsCommand.CreateRoot() : CreateRoot();
        var result = root.Parse(commandLine[1..]);
        if (result.Errors.Count > 0 || UnknownFlag(result) is not null)
        {
            await Console.Error.WriteLineAsync($"Error: {UsageError(result)}; see `{CommandPath(result.CommandResult)} --help`");
            return WrongUsage;
        }

        try
        {
            return await result.InvokeAsync(new() { EnableDefaultExceptionHandler = false }, cancellation);
        }
        catch (OperationCanceledException)
        {
            return Failure;
        }
        catch (Exception e) when (ErrorMessage.TryDescribe(e, out var message))
        {
            await Console.Error.WriteLineAsync($"Error: {message}");
            return Failure;
        }
    }

    public static RootCommand CreateRoot()
    {
        var root = new RootCommand("Publish, serve and copy images for Incus and LXD")
        {
            ServeCommand.Create(),
            TreeCommand.Create(),
            IncusSimplestreamsCommand.Create(),
            RemoteCommand.Create(),
            ImageCommand.Create(),
            CompletionCommand.Create(),
        };
        root.Subcommands.Add(ManPageCommand.Create(root));
        return root;
    }

    /// <summary>A word that means nothing is the cause; that something is missing then only follows.</summary>
    private static string UsageError(ParseResult result) => result.UnmatchedTokens switch
    {
        _ when UnknownFlag(result) is { } flag => $"unknown flag: {flag}",
        [var word, ..] when result.CommandResult.Command.Subcommands.Count > 0 => $"unknown command \"{word}\" for \"{CommandPath(result.CommandResult)}\"",
        [var word, ..] => $"Invalid number of arguments: \"{word}\" is too many",
        // Some of the parser's messages are lists.
        _ => string.Join(' ', result.Errors[0].Message.Split((char[])['\n', '\t', ' '], StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.'),
    };

    /// <summary>The parser takes a misspelt option for the name of a file. Files of such names come after «--».</summary>
    private static string? UnknownFlag(ParseResult result) => result.Tokens.Any(static t => t.Type is TokenType.DoubleDash)
        ? null
        : result.CommandResult.Children.OfType<ArgumentResult>().SelectMany(static a => a.Tokens).Select(static t => t.Value)
            .Concat(result.UnmatchedTokens)
            .FirstOrDefault(static t => t.Length > 1 && t[0] == '-');

    private static string CommandPath(CommandResult command)
    {
        var names = new List<string>();
        for (SymbolResult? at = command; at is not null; at = at.Parent)
            names.Insert(0, ((CommandResult)at).Command.Name);
        return string.Join(' ', names);
    }
}
