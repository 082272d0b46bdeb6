using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Stapes.Hosting;

namespace Stapes.Tests.Hosting;

/// <summary>A real server on loopback, with a data directory of its own and a client for each of its doors.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly TemporaryDirectory? directory;
    private readonly StringWriter log;
    private bool stopped;

    private RunningServer(StapesServer server, TemporaryDirectory? directory, ServerSettings settings, StringWriter log)
    {
        Server = server;
        this.directory = directory;
        this.log = log;
        Settings = settings;
        Https = new(server.Addresses.First(static a => a.StartsWith("https:", StringComparison.Ordinal)));
        Http = new(server.Addresses.First(static a => a.StartsWith("http://127", StringComparison.Ordinal)));
    }

    public StapesServer Server { get; }

    public ServerSettings Settings { get; }

    public Uri Https { get; }

    public Uri Http { get; }

    public string Log => log.ToString();

    /// <param name="map">Further routes.</param>
    /// <param name="change">Changes the settings.</param>
    /// <param name="data">The data directory; null for one that goes with the server.</param>
    public static async Task<RunningServer> StartAsync(
        Action<IEndpointRouteBuilder>? map = null, Func<ServerSettings, ServerSettings>? change = null, string? data = null)
    {
        var directory = data is null ? new TemporaryDirectory() : null;
        var settings = new ServerSettings
        {
            Data = data ?? directory!["data"],
            Listen = [Address("https://127.0.0.1:0"), Address("http://127.0.0.1:0")],
            LogLevel = LogLevel.Debug,
        };
        settings = change?.Invoke(settings) ?? settings;
        var log = new StringWriter();
        try
        {
            var provider = new LineLoggerProvider(log, settings.LogLevel, forJournal: false);
            return new(await StapesServer.StartAsync(settings, provider, map, TestContext.Current.CancellationToken), directory, settings, log);
        }
        catch
        {
            directory?.Dispose();
            throw;
        }
    }

    public static ListenAddress Address(string text) =>
        ListenAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text, nameof(text));

    /// <summary>A client that trusts any certificate; over HTTP/2 where that is asked for.</summary>
    public HttpClient Client(bool tls = false, bool http2 = false) => new(new SocketsHttpHandler
    {
        SslOptions = new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        AllowAutoRedirect = false,
    })
    {
        BaseAddress = tls ? Https : Http,
        DefaultRequestVersion = http2 ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>A client on the Unix socket.</summary>
    public HttpClient LocalClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Settings.UnixSocket), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new("http://unix.socket"),
    };

    /// <summary>A bare connection to the plain listener, from an address that may be another one than the server's, as that of another machine is.</summary>
    public async Task<NetworkStream> ConnectAsync(string from = "127.0.0.1")
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, Http.Port, TestContext.Current.CancellationToken);
        return new(socket, ownsSocket: true);
    }

    /// <summary>A bare connection to the TLS listener.</summary>
    public async Task<SslStream> ConnectTlsAsync(SslApplicationProtocol protocol)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Https.Port, TestContext.Current.CancellationToken);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false, static (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "x", ApplicationProtocols = [protocol] }, TestContext.Current.CancellationToken);
        return tls;
    }

    /// <summary>The certificate that a new connection is greeted with, as its SHA-256.</summary>
    public async Task<string> GetCertificateAsync()
    {
        await using var tls = await ConnectTlsAsync(SslApplicationProtocol.Http11);
        return tls.RemoteCertificate!.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256);
    }

    public async Task StopAsync()
    {
        stopped = true;
        await Server.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!stopped)
            await StopAsync();
        await Server.DisposeAsync();
        directory?.Dispose();
        await log.DisposeAsync();
    }
}
