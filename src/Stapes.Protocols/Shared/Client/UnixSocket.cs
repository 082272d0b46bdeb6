using System.Net.Sockets;
using System.Text;
using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

/// <summary>Connections to the Unix socket of a server on this machine.</summary>
internal static class UnixSocket
{
    // The kernel's struct sockaddr_un has room for 108 bytes, the last of them zero.
    private const int LongestPath = 107;

    public static async Task<Socket> ConnectAsync(string path, CancellationToken cancellation)
    {
        if (Encoding.UTF8.GetByteCount(path) > LongestPath)
            throw new StapesException(ErrorKind.Invalid, $"The path of the socket {path} is longer than {LongestPath} bytes: reach it by a shorter one, such as a symbolic link to its directory");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw e.SocketErrorCode == SocketError.AccessDenied
                ? new StapesException(ErrorKind.Forbidden, $"You may not open {path}: run as root or as the user that the server runs as", e)
                : new StapesException(ErrorKind.Unavailable, $"There is no server at {path}: start it with `stapes serve`, or name its data directory with --data / STAPES_DATA", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
