using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Stapes.Commands.Config;
using Stapes.Commands.Documentation;
using Stapes.Commands.Image;
using Stapes.Commands.Project;
using Stapes.Commands.Remote;
using Stapes.Commands.Serve;
using Stapes.Commands.Tree;

namespace Stapes.Commands;

/// <summary>The whole command line: which commands there are, and how every failure reaches the user.</summary>
internal static class CommandLine
{
    private const int Failure = 1;
    private const int WrongUsage = 2;
    private const string Description = "Publish, serve and copy images for Incus and LXD";

    /// <param name="commandLine">The name that the program was called by, then its arguments.</param>
    /// <returns>0, 1 for a failure, 2 for wrong usage.</returns>
    public static async Task<int> RunAsync(string[] commandLine, CancellationToken cancellation)
    {
        var arguments = commandLine[1..];
        var result = Parse(Path.GetFileName(commandLine[0]), arguments);
        if (IsFaulty(result))
        {
            await Console.Error.WriteLineAsync($"Error: {UsageError(result)}; see `{CommandPath(result.CommandResult)} --help`");
            return WrongUsage;
        }

        Summarize(result);
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

    /// <summary>The whole of it, for whoever reads it instead of parsing with it.</summary>
    public static RootCommand CreateRoot()
    {
        var root = new RootCommand(Description);
        AddCommands(root, CommandWords.All);
        return root;
    }

    /// <param name="calledAs">The name of the program.</param>
    /// <param name="arguments">What follows it.</param>
    internal static ParseResult Parse(string calledAs, string[] arguments) => Parse(calledAs, arguments, CommandWords.Of(arguments));

    internal static void AddCommands(Command root, CommandWords words)
    {
        words.Add(root, ServeCommand.Create, "serve");
        words.Add(root, () => TreeCommand.Create(words), "tree");
        words.Add(root, () => IncusSimplestreamsCommand.Create(words), IncusSimplestreamsCommand.Name);
        words.Add(root, RemoteCommand.Create, "remote");
        words.Add(root, ImageCommand.Create, "image");
        words.Add(root, ConfigCommand.Create, "config");
        words.Add(root, ProjectCommand.Create, "project");
        words.Add(root, CompletionCommand.Create, "completion");
        words.Add(root, ManPageCommand.Create, "man-page");
    }

    /// <summary>Parses with the commands that the words can mean, and only when that fails with all of them, for the right message.</summary>
    private static ParseResult Parse(string calledAs, string[] arguments, CommandWords words)
    {
        var isTreeTool = calledAs == IncusSimplestreamsCommand.Name;
        // The root of all commands brings help, version and completion.
        var root = words.AreAll ? new RootCommand(isTreeTool ? IncusSimplestreamsCommand.Description : Description) : new Command(calledAs);
        if (isTreeTool)
            IncusSimplestreamsCommand.Fill(root, words);
        else
            AddCommands(root, words);
        // A file may be called @name; the parser would read more arguments from it.
        var result = root.Parse(arguments, new() { ResponseFileTokenReplacer = null });
        var isDoubtful = IsFaulty(result) || result.CommandResult.Command.Action is null;
        return isDoubtful && !words.AreAll ? Parse(calledAs, arguments, CommandWords.All) : result;
    }

    /// <summary>The list of commands in a help has one line for each; the rest is in the help of each.</summary>
    internal static void Summarize(ParseResult result)
    {
        if (result.Action is not HelpAction)
            return;
        foreach (var command in result.CommandResult.Command.Subcommands)
            command.Description = command.Description?.Split('\n')[0];
    }

    private static bool IsFaulty(ParseResult result) => result.Errors.Count > 0 || UnknownFlag(result) is not null;

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
    private static string? UnknownFlag(ParseResult result)
    {
        foreach (var token in result.Tokens)
        {
            if (token.Type is TokenType.DoubleDash)
                return null;
        }

        foreach (var child in result.CommandResult.Children)
        {
            if (child is not ArgumentResult)
                continue;
            foreach (var token in child.Tokens)
            {
                if (IsFlag(token.Value))
                    return token.Value;
            }
        }

        foreach (var word in result.UnmatchedTokens)
        {
            if (IsFlag(word))
                return word;
        }

        return null;
    }

    private static bool IsFlag(string word) => word.Length > 1 && word[0] == '-';

    private static string CommandPath(CommandResult command)
    {
        var names = new List<string>();
        for (SymbolResult? at = command; at is not null; at = at.Parent)
            names.Insert(0, ((CommandResult)at).Command.Name);
        return string.Join(' ', names);
    }
}
