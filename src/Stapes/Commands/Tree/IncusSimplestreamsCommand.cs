using System.CommandLine;

namespace Stapes.Commands.Tree;

/// <summary>
/// The command line of incus-simplestreams, for scripts that call it: through a link of that name to the binary, or as
/// <c>stapes incus-simplestreams …</c>. It has everything that <c>stapes tree</c> has.
/// </summary>
internal static class IncusSimplestreamsCommand
{
    public const string Name = "incus-simplestreams";

    private const string Description = "Maintain an Incus-compatible simplestreams tree";

    public static Command Create() => Fill(new Command(Name, Description));

    public static RootCommand CreateRoot() => (RootCommand)Fill(new RootCommand(Description));

    private static Command Fill(Command command)
    {
        command.Options.Add(TreeCommand.Directory);
        TreeCommand.AddCommands(command);
        return command;
    }
}
