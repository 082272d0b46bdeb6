using System.CommandLine;
using Stapes.Core;
using Stapes.Protocols.Incus.Client;

namespace Stapes.Commands;

/// <summary>The server on this machine, over its Unix socket: for commands that change who may do what.</summary>
internal static class LocalServer
{
    private const string Prefix = "local:";

    public static Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Print nothing but what was asked for", Recursive = true };

    public static AccessClient Connect(ParseResult result) => new(IncusConnection.ToSocket(RemoteOptions.SocketPath(result)));

    /// <summary>A name, before which <c>local:</c> may stand.</summary>
    /// <exception cref="StapesException">NotFound: it is on another remote.</exception>
    public static string Name(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? text
            : text.StartsWith(Prefix, StringComparison.Ordinal) ? text[Prefix.Length..]
            : throw new StapesException(ErrorKind.NotFound, $"\"{text[..colon]}:\" is another server: `incus` can change who it trusts, this command only the local one");
    }
}
