using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Stapes.Core;

namespace Stapes.Tests.Hosting;

public class ServerLifeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_servers_do_not_share_a_data_directory()
    {
        await using var first = await RunningServer.StartAsync();

        var e = await Should.ThrowAsync<StapesException>(() => RunningServer.StartAsync(data: first.Settings.Data));

        e.Kind.ShouldBe(ErrorKind.Conflict);
        e.Message.ShouldContain(first.Settings.Data);
        (await first.Client().GetStringAsync("/readyz", Cancellation)).ShouldBe("ok\n");
        (await first.LocalClient().GetStringAsync("/readyz", Cancellation)).ShouldBe("ok\n");
    }

    [Fact]
    public async Task An_address_in_use_is_an_error_with_its_name_and_leaves_the_data_directory_free()
    {
        using var directory = new TemporaryDirectory();
        await using var first = await RunningServer.StartAsync();

        var e = await Should.ThrowAsync<StapesException>(() => RunningServer.StartAsync(
            data: directory["data"], change: s => s with { Listen = [RunningServer.Address($"127.0.0.1:{first.Http.Port}")] }));

        e.Message.ShouldContain($"127.0.0.1:{first.Http.Port}");
        e.Message.ShouldNotContain('\n');
        await using var second = await RunningServer.StartAsync(data: directory["data"]);
    }

    [Fact]
    public async Task The_socket_of_a_killed_server_is_replaced()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["data"]);
        var path = directory["data/unix.socket"];
        var killed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        killed.Bind(new UnixDomainSocketEndPoint(path + "x"));
        File.Move(path + "x", path);
        killed.Dispose();
        File.Exists(path).ShouldBeTrue();

        await using var server = await RunningServer.StartAsync(data: directory["data"]);

        (await server.LocalClient().GetStringAsync("/healthz", Cancellation)).ShouldBe("ok\n");
    }

    [Fact]
    public async Task A_socket_that_another_program_listens_on_is_left_alone()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory["data"]);
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(directory["data/unix.socket"]));
        other.Listen();

        var e = await Should.ThrowAsync<StapesException>(() => RunningServer.StartAsync(data: directory["data"]));

        e.Message.ShouldContain("unix.socket");
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await probe.ConnectAsync(new UnixDomainSocketEndPoint(directory["data/unix.socket"]), Cancellation);
    }

    [Fact]
    public async Task Owner_and_group_may_open_the_socket_and_it_goes_with_the_server()
    {
        using var directory = new TemporaryDirectory();
        var server = await RunningServer.StartAsync(data: directory["data"]);

        File.GetUnixFileMode(directory["data/unix.socket"])
            .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
        await server.DisposeAsync();

        Directory.GetFiles(directory["data"], "unix.socket*").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stopping_server_lets_a_download_finish_but_takes_no_new_connection()
    {
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await RunningServer.StartAsync(routes => routes.MapGet("/slow", (RequestDelegate)(async context =>
        {
            context.Response.ContentLength = 2;
            await context.Response.WriteAsync("a", Cancellation);
            await half.Task;
            await context.Response.WriteAsync("b", Cancellation);
        })));
        using var client = server.Client(tls: true);
        using var response = await client.GetAsync("/slow", HttpCompletionOption.ResponseHeadersRead, Cancellation);

        var stopping = server.StopAsync();
        await AwaitRefusalAsync(server);
        half.SetResult();

        (await response.Content.ReadAsStringAsync(Cancellation)).ShouldBe("ab");
        await stopping;
    }

    [Fact]
    public async Task A_download_that_takes_longer_than_the_stop_timeout_is_broken_off()
    {
        await using var server = await RunningServer.StartAsync(
            routes => routes.MapGet("/endless", (RequestDelegate)(async context =>
            {
                context.Response.ContentLength = 2;
                await context.Response.WriteAsync("a", Cancellation);
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            })),
            s => s with { StopTimeout = TimeSpan.FromMilliseconds(100) });
        using var response = await server.Client().GetAsync("/endless", HttpCompletionOption.ResponseHeadersRead, Cancellation);

        await server.StopAsync();

        await Should.ThrowAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task Idle_connections_do_not_keep_others_out()
    {
        await using var server = await RunningServer.StartAsync();
        var idle = new List<NetworkStream>();
        for (var i = 0; i < 500; i++)
            idle.Add(await server.ConnectAsync());

        (await server.Client(tls: true).GetStringAsync("/healthz", Cancellation)).ShouldBe("ok\n");

        foreach (var connection in idle)
            await connection.DisposeAsync();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Responses_are_written_in_blocks_large_enough_for_full_TLS_records(bool tls, bool http2)
    {
        await using var server = await RunningServer.StartAsync(static routes => routes.MapGet("/block",
            (RequestDelegate)(static context => context.Response.WriteAsync($"{context.Response.BodyWriter.GetMemory(1).Length}", context.RequestAborted))));

        var size = await server.Client(tls, http2).GetStringAsync("/block", Cancellation);

        int.Parse(size).ShouldBeGreaterThan(60_000);
    }

    private static async Task AwaitRefusalAsync(RunningServer server)
    {
        while (true)
        {
            try
            {
                await using var connection = await server.ConnectAsync();
                await Task.Delay(10, Cancellation);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }
}
