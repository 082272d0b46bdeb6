using System.Net.Sockets;
using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

/// <summary>What happened to a connection, in one line.</summary>
internal static class TransportFailure
{
    /// <param name="e">What the transport threw.</param>
    /// <param name="server">What to call the server.</param>
    public static StapesException Of(HttpRequestException e, string server)
    {
        for (Exception? cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause is StapesException told)
                return told;
        }

        return e.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => new UnreachableServerException($"{server} cannot be found: no name server knows its host; correct the URL, or look whether this machine has a network", e),
            _ when e.InnerException is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } =>
                new UnreachableServerException($"{server} cannot be found: no name server knows its host; correct the URL, or look whether this machine has a network", e),
            HttpRequestError.ConnectionError => new UnreachableServerException($"{server} cannot be reached: {Innermost(e)}; look whether the server runs, and whether host and port are right", e),
            HttpRequestError.SecureConnectionError => new UnreachableServerException($"{server} does not speak TLS with us: {Innermost(e)}; look whether host and port are those of a https:// server", e),
            HttpRequestError.ProxyTunnelError => new UnreachableServerException($"{server} cannot be reached through the proxy: {Innermost(e)}; look at HTTPS_PROXY", e),
            _ => Broken(e, server),
        };
    }

    public static StapesException Broken(Exception e, string server) =>
        new BrokenConnectionException($"The connection to {server} broke: {Innermost(e)}; look whether the server still runs, and try again", e);

    private static string Innermost(Exception e)
    {
        var cause = e;
        while (cause.InnerException is { } inner)
            cause = inner;
        return cause.Message.ReplaceLineEndings(" ").Trim().TrimEnd('.');
    }
}
