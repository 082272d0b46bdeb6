using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stapes.Core;
using Stapes.Protocols.Shared;

namespace Stapes.Tests.Hosting;

public class RequestEdgeTests
{
    private static readonly Protocol Shouting = new(
        "shouting",
        static (context, status, message) =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(message.ToUpperInvariant(), context.RequestAborted);
        },
        static kind => kind is ErrorKind.Full ? 413 : ErrorStatus.Of(kind));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/loud/missing", HttpStatusCode.NotFound, "NO SUCH IMAGE")]
    [InlineData("/loud/full", HttpStatusCode.RequestEntityTooLarge, "NO SPACE")]
    [InlineData("/loud/bug", HttpStatusCode.InternalServerError, "THE SERVER FAILED; ITS LOG SAYS WHY")]
    [InlineData("/missing", HttpStatusCode.NotFound, "no such image\n")]
    public async Task Errors_have_the_form_and_the_status_of_their_protocol(string path, HttpStatusCode status, string message)
    {
        await using var server = await RunningServer.StartAsync(Map);

        using var response = await server.Client().GetAsync(path, Cancellation);

        response.StatusCode.ShouldBe(status);
        (await response.Content.ReadAsStringAsync(Cancellation)).ShouldBe(message);
    }

    [Fact]
    public async Task What_nobody_expected_is_in_the_log_and_not_in_the_answer()
    {
        await using var server = await RunningServer.StartAsync(Map);

        var answer = await (await server.Client().GetAsync("/loud/bug", Cancellation)).Content.ReadAsStringAsync(Cancellation);

        answer.ShouldNotContain("secret state", Case.Insensitive);
        server.Log.ShouldContain("secret state");
        server.Log.ShouldContain("GET /loud/bug failed");
    }

    [Fact]
    public async Task A_request_is_one_line_of_the_log_without_its_secrets()
    {
        await using var server = await RunningServer.StartAsync(Map);
        using var client = server.Client();

        await client.GetAsync("/loud/fine%0Aforged?secret=hidden", Cancellation);
        client.DefaultRequestHeaders.Authorization = new("Basic", "c2VjcmV0");
        await client.GetAsync("/loud/other?secret=hidden", Cancellation);
        await client.GetAsync("/t/hiddentoken/streams/v1/index.json", Cancellation);
        await server.StopAsync();

        var line = server.Log.Split('\n').Single(static l => l.Contains("GET /loud/fine", StringComparison.Ordinal));
        line.ShouldContain("GET /loud/fine\\x0aforged 200 4 bytes");
        line.ShouldContain("127.0.0.1");
        server.Log.ShouldNotContain("hidden");
        server.Log.ShouldNotContain("c2VjcmV0");
    }

    [Fact]
    public async Task Metrics_count_requests_by_protocol_and_status_and_only_show_at_home()
    {
        await using var server = await RunningServer.StartAsync(Map);
        await server.Client().GetAsync("/loud/fine", Cancellation);
        await server.Client().GetAsync("/loud/missing", Cancellation);

        using var stranger = await server.Client().GetAsync("/metrics", Cancellation);
        var metrics = await server.LocalClient().GetStringAsync("/metrics", Cancellation);

        stranger.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        metrics.ShouldContain("stapes_requests_total{protocol=\"shouting\",status=\"200\"} 1\n");
        metrics.ShouldContain("stapes_requests_total{protocol=\"shouting\",status=\"404\"} 1\n");
        metrics.ShouldContain("stapes_images 0\n");
        metrics.ShouldContain("process_resident_memory_bytes ");
    }

    [Fact]
    public async Task Metrics_show_on_the_network_when_asked_for()
    {
        await using var server = await RunningServer.StartAsync(change: static s => s with { Metrics = true });

        (await server.Client().GetStringAsync("/metrics", Cancellation)).ShouldContain("stapes_connections");
    }

    [Theory]
    [InlineData(false, "False")]
    [InlineData(true, "True")]
    public async Task Only_the_Unix_socket_is_local(bool overSocket, string expected)
    {
        await using var server = await RunningServer.StartAsync(static routes => routes.MapGet("/local",
            (RequestDelegate)(static context => context.Response.WriteAsync(context.IsLocal().ToString(), context.RequestAborted))));

        var answer = await (overSocket ? server.LocalClient() : server.Client()).GetStringAsync("/local", Cancellation);

        answer.ShouldBe(expected);
    }

    private static void Map(IEndpointRouteBuilder routes)
    {
        var loud = routes.MapGroup("/loud").WithProtocol(Shouting);
        loud.MapGet("/missing", (RequestDelegate)(static _ => throw new StapesException(ErrorKind.NotFound, "no such image")));
        loud.MapGet("/full", (RequestDelegate)(static _ => throw new StapesException(ErrorKind.Full, "no space")));
        loud.MapGet("/bug", (RequestDelegate)(static _ => throw new InvalidOperationException("secret state")));
        loud.MapGet("/{**rest}", (RequestDelegate)(static context =>
        {
            context.Response.ContentLength = 4;
            return context.Response.WriteAsync("fine", context.RequestAborted);
        }));
        routes.MapGet("/missing", (RequestDelegate)(static _ => throw new StapesException(ErrorKind.NotFound, "no such image")));
    }
}
