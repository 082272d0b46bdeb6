using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Stapes.Hosting;

/// <summary>How bytes get from the network to Kestrel and back.</summary>
internal static class SocketTransport
{
    public static void Configure(SocketTransportOptions options)
    {
        // Continues on the thread that read from the socket instead of handing over to another: a tenth less CPU for downloads.
        // Nothing here blocks a thread but reads of files, and these block only the connection that wants the bytes.
        options.UnsafePreferInlineScheduling = true;
        options.MaxReadBufferSize = Listeners.MostUnread;
        options.CreateBoundListenSocket = endPoint =>
            endPoint is FileHandleEndPoint ? SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint) : ListenSocket.Bind(endPoint);
    }
}
