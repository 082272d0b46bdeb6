using System.CommandLine;
using Stapes.Remotes;

namespace Stapes.Commands.Remote;

/// <summary><c>remote switch</c>: which remote is meant when none is named.</summary>
internal static class SwitchCommand
{
    private static readonly Argument<string> Remote = RemoteArgument.Create();

    public static Command Create()
    {
        var command = new Command("switch", "Switch the default remote") { Remote };
        command.Aliases.Add("set-default");
        command.SetAction(static (result, cancellation) => ClientConfiguration.ChangeAsync(
            RemoteOptions.Paths(result), (configuration, yaml) => yaml.DefaultRemote = configuration.Get(RemoteArgument.Read(result, Remote)).Name, cancellation));
        return command;
    }
}
