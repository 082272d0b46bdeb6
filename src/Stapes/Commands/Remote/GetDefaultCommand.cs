using System.CommandLine;
using Stapes.Remotes;

namespace Stapes.Commands.Remote;

/// <summary><c>remote get-default</c>.</summary>
internal static class GetDefaultCommand
{
    public static Command Create()
    {
        var command = new Command("get-default", "Show the default remote");
        command.SetAction(static result => result.InvocationConfiguration.Output.WriteLine(ClientConfiguration.Read(RemoteOptions.Paths(result)).DefaultRemote));
        return command;
    }
}
