using System.CommandLine;
using Stapes.Remotes;

namespace Stapes.Commands.Remote;

/// <summary><c>remote rename</c>.</summary>
internal static class RenameCommand
{
    private static readonly Argument<string> Remote = RemoteArgument.Create();

    private static readonly Argument<string> NewName = new("new-name") { Description = "Its new name" };

    public static Command Create()
    {
        var command = new Command("rename", "Rename remotes") { Remote, NewName };
        command.Aliases.Add("mv");
        command.SetAction(static (result, cancellation) =>
        {
            var (paths, name, newName) = (RemoteOptions.Paths(result), RemoteArgument.Read(result, Remote), RemoteArgument.Read(result, NewName));
            return ClientConfiguration.ChangeAsync(
                paths,
                (configuration, yaml) =>
                {
                    configuration.GetForChange(name);
                    RemoteArgument.RequireNew(configuration, newName);
                    yaml.Rename(name, newName);
                    if (configuration.DefaultRemote == name)
                        yaml.DefaultRemote = newName;
                    foreach (var (from, to) in paths.FilesOf(name).Zip(paths.FilesOf(newName)).Where(static f => File.Exists(f.First)))
                        File.Move(from, to, overwrite: true);
                },
                cancellation);
        });
        return command;
    }
}
