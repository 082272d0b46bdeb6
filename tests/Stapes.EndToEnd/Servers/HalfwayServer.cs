using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Stapes.EndToEnd.Servers;

/// <summary>A web server of a directory that sends the first half of each large file, and the rest when the test says so.</summary>
internal sealed class HalfwayServer : IAsyncDisposable
{
    private const int Large = 100_000;

    private readonly string directory;
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource stop = new();
    private readonly Task accepting;

    public HalfwayServer(string directory)
    {
        this.directory = directory;
        listener.Start();
        accepting = AcceptAsync();
    }

    public string Address => $"http://{listener.LocalEndpoint}";

    /// <summary>The paths of files that it does not have after all.</summary>
    public HashSet<string> Missing { get; } = [];

    public void Release() => released.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        released.TrySetCanceled();
        await stop.CancelAsync();
        listener.Dispose();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
                serving.Add(ServeAsync(await listener.AcceptTcpClientAsync(stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    /// <summary>One request for each connection (RFC 9112, section 9.6).</summary>
    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                using var reader = new StreamReader(stream, Encoding.ASCII, false, 1024, leaveOpen: true);
                var path = (await reader.ReadLineAsync(stop.Token))!.Split(' ')[1].TrimStart('/');
                while (await reader.ReadLineAsync(stop.Token) is { Length: > 0 })
                {
                }

                var file = new FileInfo(Path.Combine(directory, path));
                var content = file.Exists && !Missing.Contains(path) ? await File.ReadAllBytesAsync(file.FullName, stop.Token) : null;
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {(content is null ? "404 Not Found" : "200 OK")}\r\nContent-Length: {content?.Length ?? 0}\r\nConnection: close\r\n\r\n"), stop.Token);
                if (content is null)
                    return;
                var half = content.Length < Large ? content.Length : content.Length / 2;
                await stream.WriteAsync(content.AsMemory(0, half), stop.Token);
                if (half < content.Length)
                {
                    await released.Task;
                    await stream.WriteAsync(content.AsMemory(half), stop.Token);
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The client went away, or the test is over.
            }
        }
    }
}
