using System.CommandLine;

namespace Stapes.Commands.Image;

/// <summary><c>stapes image</c>: the images of any remote, with the words and flags of <c>incus image</c>.</summary>
internal static class ImageCommand
{
    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "Don't show progress information", Recursive = true };

    public static Command Create() => new("image", """
        Manage images

        An image is named by its fingerprint, the start of one that no other image has, or an alias. A remote may stand before the name,
        as in "images:debian/12"; see `stapes remote list`. A directory with a simplestreams tree can stand there too: "./tree:debian/12".
        """)
    {
        RemoteOptions.Config, RemoteOptions.Data, RemoteOptions.Socket, RemoteOptions.Project, Quiet,
        AliasCommand.Create(),
        CopyCommand.Create(),
        DeleteCommand.Create(),
        EditCommand.Create(),
        ExportCommand.Create(),
        GetPropertyCommand.Create(),
        ImportCommand.Create(),
        InfoCommand.Create(),
        ListCommand.Create(),
        RefreshCommand.Create(),
        SetPropertyCommand.Create(),
        ShowCommand.Create(),
        UnsetPropertyCommand.Create(),
    };

    public static bool IsQuiet(ParseResult result) => result.GetValue(Quiet);
}
