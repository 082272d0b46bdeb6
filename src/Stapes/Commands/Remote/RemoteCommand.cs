using System.CommandLine;

namespace Stapes.Commands.Remote;

/// <summary><c>stapes remote</c>: the servers that <c>stapes image</c> knows, with the words and flags of <c>incus remote</c>.</summary>
internal static class RemoteCommand
{
    public static Command Create() => new("remote", """
        Manage the list of remote servers

        The configuration is that of the Incus client: with INCUS_CONF or STAPES_CONF either program uses the directory of the other.
        """)
    {
        RemoteOptions.Config, RemoteOptions.Data, RemoteOptions.Socket,
        AddCommand.Create(),
        GenerateCertificateCommand.Create(),
        GetClientCertificateCommand.Create(),
        GetClientTokenCommand.Create(),
        GetDefaultCommand.Create(),
        ListCommand.Create(),
        RemoveCommand.Create(),
        RenameCommand.Create(),
        SetUrlCommand.Create(),
        SwitchCommand.Create(),
    };
}
