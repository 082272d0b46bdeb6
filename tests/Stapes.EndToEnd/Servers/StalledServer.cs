using System.Net;
using System.Net.Sockets;

namespace Stapes.EndToEnd.Servers;

/// <summary>Takes connections and never says a word.</summary>
internal sealed class StalledServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> connections = [];

    public StalledServer() => listener.Start();

    public Uri Address => new($"http://{listener.LocalEndpoint}");

    public async Task WasAskedAsync() => connections.Add(await listener.AcceptSocketAsync(TestContext.Current.CancellationToken));

    public ValueTask DisposeAsync()
    {
        connections.ForEach(static c => c.Dispose());
        listener.Dispose();
        return ValueTask.CompletedTask;
    }
}
