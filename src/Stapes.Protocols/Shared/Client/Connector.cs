using System.Net;
using System.Net.Sockets;
using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

/// <summary>Opens connections: over a Unix socket, or to the IP addresses of a name, one after the other.</summary>
internal sealed class Connector(HttpAccess access)
{
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = access.Addresses.FirstOrDefault(a => a.Socket is not null && a.IsOriginOf(context.InitialRequestMessage.RequestUri!))?.Socket;
        return socket is null
            ? await ConnectAsync(context.DnsEndPoint, cancellation)
            : new NetworkStream(await UnixSocket.ConnectAsync(socket, cancellation), ownsSocket: true);
    }

    private async Task<Stream> ConnectAsync(DnsEndPoint endPoint, CancellationToken cancellation)
    {
        var found = IPAddress.TryParse(endPoint.Host.Trim('[', ']'), out var literal) ? [literal] : await access.Resolve(endPoint.Host, cancellation);
        var allowed = access.Guard is null ? found : [.. found.Where(access.Guard)];
        if (allowed.Length == 0 && found.Length > 0)
            throw new StapesException(ErrorKind.Forbidden, $"{endPoint.Host} may not be asked: it has no address that is open to everybody");
        // One that swallows packets must leave time for the others.
        var share = access.Patience.Connect / Math.Max(1, allowed.Length);
        for (var i = 0; ; i++)
        {
            try
            {
                return await ConnectAsync(allowed.Length > 0 ? allowed[i] : throw new SocketException((int)SocketError.HostNotFound), endPoint.Port, share, cancellation);
            }
            catch (SocketException) when (i + 1 < allowed.Length)
            {
                // The next one may listen.
            }
        }
    }

    private static async Task<Stream> ConnectAsync(IPAddress address, int port, TimeSpan limit, CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(limit);
        try
        {
            await socket.ConnectAsync(address, port, patience.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
