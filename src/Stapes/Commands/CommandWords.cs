using System.CommandLine;

namespace Stapes.Commands;

/// <summary>
/// The words of a command line, as far as they tell which commands it can mean. Only those are built: all of them, with their descriptions
/// and the parser's own texts, take a third of the time of a small command. <see cref="All"/> is for help and completion, and for whatever
/// does not parse.
/// </summary>
internal sealed class CommandWords
{
    private readonly string[]? words;

    private CommandWords(string[]? words) => this.words = words;

    public static CommandWords All { get; } = new(null);

    public bool AreAll => words is null;

    /// <summary>The words to try first; <see cref="All"/> where one of them asks for something that every command has.</summary>
    public static CommandWords Of(string[] arguments)
    {
        foreach (var argument in arguments)
        {
            if (argument is "--" || argument.StartsWith('[') || argument.StartsWith("-h", StringComparison.Ordinal)
                || argument.StartsWith("--help", StringComparison.Ordinal) || argument.StartsWith("--version", StringComparison.Ordinal) || argument.Contains('?', StringComparison.Ordinal)
                || argument is "/h")
            {
                return All;
            }
        }

        return new(arguments);
    }

    /// <summary>Builds a command and adds it, if one of the words may be it.</summary>
    /// <param name="parent">Where it belongs.</param>
    /// <param name="create">Builds it.</param>
    /// <param name="names">Its name and its aliases.</param>
    public void Add(Command parent, Func<Command> create, params ReadOnlySpan<string> names)
    {
        if (words is null || words.AsSpan().ContainsAny(names))
            parent.Subcommands.Add(create());
    }
}
