using System.CommandLine;
using Stapes.Core;
using Stapes.Remotes;

namespace Stapes.Commands.Remote;

/// <summary><c>remote remove</c>.</summary>
internal static class RemoveCommand
{
    private static readonly Argument<string> Remote = RemoteArgument.Create();

    public static Command Create()
    {
        var command = new Command("remove", "Remove remotes") { Remote };
        command.Aliases.Add("delete");
        command.Aliases.Add("rm");
        command.SetAction(static (result, cancellation) =>
        {
            var (paths, name) = (RemoteOptions.Paths(result), RemoteArgument.Read(result, Remote));
            return ClientConfiguration.ChangeAsync(
                paths,
                (configuration, yaml) =>
                {
                    configuration.GetForChange(name);
                    if (configuration.DefaultRemote == name)
                        throw new StapesException(ErrorKind.Conflict, "Can't remove the default remote: switch to another one first");
                    yaml.Remove(name);
                    foreach (var file in paths.FilesOf(name).Where(File.Exists))
                        File.Delete(file);
                },
                cancellation);
        });
        return command;
    }
}
