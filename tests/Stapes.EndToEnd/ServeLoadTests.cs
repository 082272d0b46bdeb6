using System.Net;
using System.Net.Sockets;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>Many clients at once, on a server in a process of its own.</summary>
public sealed class ServeLoadTests : IDisposable
{
    private readonly DirectoryInfo place = Directory.CreateTempSubdirectory("stapes-");

    public void Dispose() => place.Delete(recursive: true);

    [Fact]
    public async Task Ten_thousand_idle_connections_take_little_and_keep_nobody_out()
    {
        await using var server = await ServerProcess.StartAsync(Path.Combine(place.FullName, "data"));
        var idle = new List<Socket>();
        try
        {
            for (var i = 0; i < 10_000; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port, TestContext.Current.CancellationToken);
            }

            using var client = new HttpClient { BaseAddress = server.Address };
            (await client.GetStringAsync("/healthz", TestContext.Current.CancellationToken)).ShouldBe("ok\n");
            (await server.FingerprintsAsync()).ShouldBeEmpty();
            (await client.GetStringAsync("/1.0/images", TestContext.Current.CancellationToken)).ShouldContain("\"metadata\":[]");
            server.Memory.ShouldBeLessThan(256 << 20);
        }
        finally
        {
            idle.ForEach(static s => s.Dispose());
        }

        (await server.FingerprintsAsync()).ShouldBeEmpty();
    }
}
