using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Stapes.Core;

namespace Stapes.Hosting;

/// <summary>Makes the sockets that Kestrel listens on.</summary>
internal static class ListenSocket
{
    /// <summary>The owner and the group may connect.</summary>
    private const UnixFileMode SocketMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private const string TemporarySuffix = ".new";

    /// <summary>The path of a Unix socket, whose own idea of it is the name that it was bound to.</summary>
    public static string FinalName(string bound) =>
        bound.EndsWith(TemporarySuffix, StringComparison.Ordinal) ? bound[..^TemporarySuffix.Length] : bound;

    /// <exception cref="StapesException">Conflict: something listens there. Unavailable: the system does not let us. Both name the address.</exception>
    public static Socket Bind(EndPoint endPoint)
    {
        try
        {
            return endPoint is UnixDomainSocketEndPoint unix ? BindUnix(unix) : SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            throw InUse(endPoint, e);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new StapesException(ErrorKind.Unavailable, $"Could not listen at {endPoint}: {e.Message}; choose another address with --listen", e);
        }
    }

    /// <summary>
    /// The socket gets its name when its mode is right, in one step: nobody ever finds it without a listener, nor with another mode.
    /// What a killed server left there is replaced.
    /// </summary>
    private static Socket BindUnix(UnixDomainSocketEndPoint endPoint)
    {
        var path = endPoint.ToString()!;
        if (File.Exists(path) && IsLive(endPoint))
            throw InUse(endPoint, null);
        var temporary = path + TemporarySuffix;
        File.Delete(temporary);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(temporary));
            File.SetUnixFileMode(temporary, SocketMode);
            socket.Listen();
            File.Move(temporary, path, overwrite: true);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool IsLive(UnixDomainSocketEndPoint endPoint)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused)
        {
            return false;
        }
    }

    private static StapesException InUse(EndPoint endPoint, Exception? inner) => new(ErrorKind.Conflict,
        $"The address {endPoint} is in use: stop what listens there, or choose another with --listen", inner);
}
