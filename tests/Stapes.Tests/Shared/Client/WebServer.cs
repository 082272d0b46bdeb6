using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Stapes.Tests.Shared.Client;

/// <summary>A web server on loopback that answers as a test tells it to, over TLS when it is given a certificate.</summary>
internal sealed class WebServer : IAsyncDisposable
{
    private readonly WebApplication application;

    private WebServer(WebApplication application, X509Certificate2? certificate)
    {
        this.application = application;
        Certificate = certificate;
    }

    public X509Certificate2? Certificate { get; }

    /// <summary>With a slash at its end.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Method, path and query of each request.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public static async Task<WebServer> StartAsync(Func<HttpContext, Task> answer, X509Certificate2? certificate = null, IPAddress? address = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(address ?? IPAddress.Loopback, 0, listen =>
            {
                if (certificate is not null)
                    listen.UseHttps(certificate, https => (https.ClientCertificateMode, https.ClientCertificateValidation) = (ClientCertificateMode.AllowCertificate, static (_, _, _) => true));
            });
        });
        var server = new WebServer(builder.Build(), certificate);
        server.application.Run(http =>
        {
            server.Requests.Enqueue($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}");
            return answer(http);
        });
        await server.application.StartAsync();
        // By name, so that a certificate has something to be wrong about.
        server.Url = new(server.application.Urls.Single().Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "/");
        return server;
    }

    public static Task<WebServer> StartTlsAsync(Func<HttpContext, Task> answer) => StartAsync(answer, TestCertificate.Create());

    public Uri At(string path) => new(Url, path);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(0);
        await application.StopAsync(now.Token);
        await application.DisposeAsync();
        Certificate?.Dispose();
    }
}
