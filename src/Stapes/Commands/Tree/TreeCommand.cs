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

    public static Command Create()
    {
        var command = new Command("tree", "Keep a simplestreams tree: a directory of images that any web server can serve") { Directory };
        AddCommands(command);
        return command;
    }

    /// <summary>The commands that work on a tree, under whatever name the program goes.</summary>
    public static void AddCommands(Command parent)
    {
        parent.Subcommands.Add(AddCommand.Create());
        parent.Subcommands.Add(AliasCommand.Create());
        parent.Subcommands.Add(GenerateMetadataCommand.Create());
        parent.Subcommands.Add(ListCommand.Create());
        parent.Subcommands.Add(PruneCommand.Create());
        parent.Subcommands.Add(RemoveCommand.Create());
        parent.Subcommands.Add(VerifyCommand.Create());
    }

    public static SimplestreamsTree Open(ParseResult result) => new(result.GetRequiredValue(Directory));
}
