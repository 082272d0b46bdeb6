using System.Net;
using System.Net.Sockets;
using System.Diagnostics;
using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Peers;

/// <summary>nginx, serving a directory as plain files on the loopback address, over HTTPS; below <c>locked/</c> with a password.</summary>
internal sealed class WebServer(string directory, string documents) : IAsyncDisposable
{
    private Process? process;

    public Uri Address { get; } = new($"https://127.0.0.1:{FreePort.Find()}/");

    private Command Nginx => PeersTree.Run(directory, "nginx", "-p", PeersTree.Inside(directory), "-c", "nginx.conf", "-e", "errors.log");

    public async Task StartAsync()
    {
        File.WriteAllText(Path.Combine(directory, "nginx.conf"), Configuration());
        File.WriteAllText(Path.Combine(directory, "passwords"), "me:{PLAIN}p@ss\n");
        var command = Nginx;
        process = (command with { Arguments = [.. command.Arguments, "-g", "daemon off;"] }).Start();
        while (!await AnswersAsync(Address.Port))
        {
            process.HasExited.ShouldBeFalse($"nginx ended; see errors.log in {directory}");
            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is null)
            return;
        var command = Nginx;
        await (command with { Arguments = [.. command.Arguments, "-s", "stop"] }).RunAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    private string Configuration() => $$"""
        user www-data;
        worker_processes 2;
        pid nginx.pid;
        events { worker_connections 256; }
        http {
            access_log off;
            default_type application/octet-stream;
            types { application/json json; }
            server {
                listen 127.0.0.1:{{Address.Port}} ssl;
                ssl_certificate server.crt;
                ssl_certificate_key server.key;
                root {{PeersTree.Inside(documents)}};
                location /locked/ {
                    alias {{PeersTree.Inside(documents)}}/;
                    auth_basic "Images";
                    auth_basic_user_file {{PeersTree.Inside(directory)}}/passwords;
                }
            }
        }
        """;

    private static async Task<bool> AnswersAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
