using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Stapes.Protocols.Incus.Client;

namespace Stapes.Tests.Protocols.Incus.Client;

/// <summary>A server on a Unix socket that answers as a test tells it to: for failures that a sound server does not have.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication application;

    private ScriptedServer(WebApplication application, string socket)
    {
        this.application = application;
        Socket = socket;
        Client = new(IncusConnection.ToSocket(socket));
    }

    public string Socket { get; }

    public IncusClient Client { get; }

    /// <summary>Method, path and query of each request, as they came.</summary>
    public List<string> Requests { get; } = [];

    public static async Task<ScriptedServer> StartAsync(TemporaryDirectory directory, Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenUnixSocket(directory["unix.socket"]);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var server = new ScriptedServer(builder.Build(), directory["unix.socket"]);
        server.application.Run(async http =>
        {
            server.Requests.Add($"{http.Request.Method} {http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget}");
            await answer(http);
        });
        await server.application.StartAsync();
        return server;
    }

    public static Task<ScriptedServer> StartAsync(TemporaryDirectory directory, int status, string body) => StartAsync(directory, http => WriteAsync(http, status, body));

    public static Task WriteAsync(HttpContext http, int status, string body)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsync(body);
    }

    public static Task WriteSyncAsync(HttpContext http, string metadata) =>
        WriteAsync(http, 200, $$"""{"type":"sync","status":"Success","status_code":200,"operation":"","error_code":0,"error":"","metadata":{{metadata}}}""");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var now = new CancellationTokenSource(0);
        await application.StopAsync(now.Token);
        await application.DisposeAsync();
    }
}
