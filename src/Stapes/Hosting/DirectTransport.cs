using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Stapes.Protocols.Shared;

namespace Stapes.Hosting;

/// <summary>Gives connections a <see cref="DirectOutput"/>; they read as before.</summary>
internal static class DirectTransport
{
    /// <summary>Below TLS, or without it.</summary>
    public static ConnectionDelegate OverSocket(ConnectionDelegate next) => connection => RunAsync(next, connection, tls: null);

    /// <summary>Above TLS.</summary>
    public static ConnectionDelegate OverTls(ConnectionDelegate next) => connection => RunAsync(next, connection, connection.Features.Get<SslStream>());

    private static async Task RunAsync(ConnectionDelegate next, ConnectionContext connection, SslStream? tls)
    {
        var transport = connection.Transport;
        var socket = connection.Features.Get<IConnectionSocketFeature>()!.Socket;
        var pool = connection.Features.Get<IMemoryPoolFeature>()!.MemoryPool;
        var output = new DirectOutput(socket, tls, pool, connection.Abort);
        connection.Transport = new Duplex(transport.Input, output);
        connection.Features.Set<IReadyOutput>(output);
        try
        {
            await next(connection);
        }
        finally
        {
            await output.EndAsync();
            // Kestrel ends the one that it made.
            connection.Transport = transport;
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
