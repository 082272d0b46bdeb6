using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Stapes.Protocols.Shared;
using Stapes.Protocols.Shared.Authentication;

namespace Stapes.Hosting;

/// <summary>Sets Kestrel up: its limits, where it listens, and what it tells the requests of a connection.</summary>
internal static class Listeners
{
    /// <summary>How many bytes of a connection may wait for whoever reads them, before it is not read any more: those of 32 uploads take a few MiB.</summary>
    public const int MostUnread = 128 << 10;

    private const int LargestHeader = 64 << 10;

    public static void Configure(KestrelServerOptions kestrel, ServerSettings settings)
    {
        kestrel.AddServerHeader = false;
        SetLimits(kestrel.Limits);

        var activated = SocketActivation.FromEnvironment();
        foreach (var socket in activated)
            kestrel.ListenHandle((ulong)socket.Descriptor, o => Prepare(o, settings, socket.IsTls, socket.IsUnix));
        if (!activated.Any(s => s.IsUnix))
            kestrel.ListenUnixSocket(settings.UnixSocket, o => Prepare(o, settings, isTls: false, isUnix: true));
        var addresses = settings.Listen ?? (activated.Any(s => !s.IsUnix) ? [] : [ListenAddress.Default]);
        foreach (var address in addresses)
            kestrel.Listen(address.EndPoint, o => Prepare(o, settings, address.IsTls, o.SocketPath is not null));
    }

    private static void SetLimits(KestrelServerLimits limits)
    {
        limits.MaxConcurrentConnections = DescriptorLimit.RaiseForConnections();
        // An upload is as large as the image, and streamed; who may send one is the protocol's business.
        limits.MaxRequestBodySize = null;
        limits.MaxRequestBufferSize = MostUnread;
        // `incus image import` may wait for the tool that makes the image.
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 1, gracePeriod: TimeSpan.FromMinutes(10));
        limits.MaxRequestHeadersTotalSize = LargestHeader;
        limits.Http2.MaxRequestHeaderFieldSize = LargestHeader;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(30);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
    }

    private static void Prepare(ListenOptions options, ServerSettings settings, bool isTls, bool isUnix)
    {
        var metrics = options.ApplicationServices.GetRequiredService<ServerMetrics>();
        var origin = isUnix ? ConnectionOrigin.UnixSocket : ConnectionOrigin.Network;
        options.Use(next => connection => RunAsync(next, connection, metrics, origin));
        options.Use(DirectTransport.OverSocket);
        options.Protocols = isTls ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
        if (!isTls)
            return;

        // One for all listeners, made with the first that needs it.
        var certificate = options.ApplicationServices.GetRequiredService<Lazy<ServerCertificate>>().Value;
        options.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(certificate.Options) });
        options.Use(DirectTransport.OverTls);
    }

    private static async Task RunAsync(ConnectionDelegate next, ConnectionContext connection, ServerMetrics metrics, ConnectionOrigin origin)
    {
        connection.Features.Set(origin);
        connection.Features.Set(new ConnectionIdentity());
        metrics.ConnectionOpened();
        try
        {
            await next(connection);
        }
        finally
        {
            metrics.ConnectionClosed();
        }
    }
}
