using System.CommandLine;
using Stapes.Protocols.Simplestreams.Tree;

namespace Stapes.Commands.Tree;

/// <summary><c>stapes tree</c>: keeps a directory that any web server can serve as a simplestreams server.</summary>
internal static class TreeCommand
{
    public static readonly Option<string> Directory = new("-C", "--directory")
    {
        Description = "The directory of the tree",
        HelpName = "DIR",
        Recursive = true,
        DefaultValueFactory = static _ => ".",
    };

    public static Command Create(CommandWords words)
    {
        var command = new Command("tree", "Keep a simplestreams tree: a directory of images that any web server can serve") { Directory };
        AddCommands(command, words);
        return command;
    }

    /// <summary>The commands that work on a tree, under whatever name the program goes.</summary>
    public static void AddCommands(Command parent, CommandWords words)
    {
        words.Add(parent, AddCommand.Create, "add", "import");
        words.Add(parent, AliasCommand.Create, "alias");
        words.Add(parent, GenerateMetadataCommand.Create, "generate-metadata");
        words.Add(parent, ListCommand.Create, "list", "ls");
        words.Add(parent, PruneCommand.Create, "prune");
        words.Add(parent, RemoveCommand.Create, "remove", "rm", "delete");
        words.Add(parent, VerifyCommand.Create, "verify");
    }

    public static SimplestreamsTree Open(ParseResult result) => new(result.GetRequiredValue(Directory));
}
