using System.Net;
using System.Net.Sockets;

namespace Stapes.EndToEnd.Peers;

/// <summary>Ports for programs that cannot choose one themselves.</summary>
internal static class FreePort
{
    public static int Find()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
