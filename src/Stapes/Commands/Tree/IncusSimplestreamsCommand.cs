using System.CommandLine;

namespace Stapes.Commands.Tree;

/// <summary>
/// The command line of incus-simplestreams, for scripts that call it: through a link of that name to the binary, or as
/// <c>stapes incus-simplestreams …</c>. It has everything that <c>stapes tree</c> has.
/// </summary>
internal static class IncusSimplestreamsCommand
{
    public const string Name = "incus-simplestreams";

    public const string Description = "Maintain an Incus-compatible simplestreams tree";

    public static Command Create(CommandWords words)
    {
        var command = new Command(Name, Description);
        Fill(command, words);
        return command;
    }

    /// <summary>Gives a command, which may be the program itself, all that the tool has.</summary>
    public static void Fill(Command command, CommandWords words)
    {
        command.Options.Add(TreeCommand.Directory);
        TreeCommand.AddCommands(command, words);
    }
}
