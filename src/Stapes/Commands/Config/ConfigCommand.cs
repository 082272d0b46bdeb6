using System.CommandLine;

namespace Stapes.Commands.Config;

/// <summary><c>stapes config</c>: who may do what on the local server.</summary>
internal static class ConfigCommand
{
    public static Command Create() => new("config", "Manage who the local server trusts")
    {
        RemoteOptions.Data, RemoteOptions.Socket, LocalServer.Quiet,
        TrustCommand.Create(),
        TokenCommand.Create(),
        OidcCommand.Create(),
    };
}
