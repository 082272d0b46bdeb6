using System.CommandLine;
using Stapes.Commands.Serve;
using Stapes.Core;
using Stapes.Protocols.Incus.Client;

namespace Stapes.Commands.Image;

/// <summary><c>stapes image</c>: the images of the local server, with the words and flags of <c>incus image</c>.</summary>
internal static class ImageCommand
{
    private static readonly Option<string?> Data = new("--data")
    {
        Description = $"The data directory of the server to speak to [default: {ServePaths.DefaultData}] (STAPES_DATA)",
        HelpName = "DIR",
        Recursive = true,
    };

    private static readonly Option<string?> Socket = new("--socket")
    {
        Description = "The Unix socket of the server to speak to [default: unix.socket in its data directory]",
        HelpName = "PATH",
        Recursive = true,
    };

    private static readonly Option<string?> Project = new("--project") { Description = "The project that the images belong to", HelpName = "NAME", Recursive = true };

    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "Don't show progress information", Recursive = true };

    public static Command Create() => new("image", """
        Manage the images of the local server

        Speaks to `stapes serve` on this machine over the Unix socket in its data directory. An image is named by its fingerprint, the start
        of one that no other image has, or an alias; "local:" may stand before the name.
        """)
    {
        Data, Socket, Project, Quiet,
        AliasCommand.Create(),
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

    /// <summary>The server of a remote; nothing is sent yet.</summary>
    /// <exception cref="StapesException">NotFound: there is no such remote.</exception>
    public static IncusClient Connect(ParseResult result, string remote) => remote == ImageName.Local
        ? new(IncusConnection.ToSocket(SocketPath(result), result.GetValue(Project)))
        : throw new StapesException(ErrorKind.NotFound, $"The remote \"{remote}\" doesn't exist; the only one is \"{ImageName.Local}\"");

    public static bool IsQuiet(ParseResult result) => result.GetValue(Quiet);

    private static string SocketPath(ParseResult result) => result.GetValue(Socket) ?? Path.Combine(DataDirectory(result), "unix.socket");

    private static string DataDirectory(ParseResult result) =>
        result.GetValue(Data) ?? (Environment.GetEnvironmentVariable("STAPES_DATA") is { Length: > 0 } directory ? directory : ServePaths.DefaultData);
}
