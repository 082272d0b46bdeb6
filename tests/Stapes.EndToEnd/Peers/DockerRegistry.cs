using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Stapes.EndToEnd.Peers;

/// <summary>Docker's own registry, over HTTPS on the loopback address, open to everybody.</summary>
internal sealed class DockerRegistry(string directory) : IAsyncDisposable
{
    private Process? process;

    public string Address { get; } = $"127.0.0.1:{FreePort()}";

    public async Task StartAsync()
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "config.yml"), $"""
            version: 0.1
            log:
              level: error
            storage:
              filesystem:
                rootdirectory: {PeersTree.Inside(directory)}/data
              delete:
                enabled: true
            http:
              addr: {Address}
              tls:
                certificate: {PeersTree.Inside(PeerServers.Certificate)}
                key: {PeersTree.Inside(PeerServers.Key)}
            """);
        process = PeersTree.Run(directory, "docker-registry", "serve", "config.yml").Start();
        // Nobody reads what it prints; a full pipe would stop it.
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        while (!await AnswersAsync())
        {
            process.HasExited.ShouldBeFalse("docker-registry ended");
            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is null)
            return;
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    private async Task<bool> AnswersAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPEndPoint.Parse(Address));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
