using System.Net;
using System.Text.Json.Nodes;

namespace Stapes.Tests.Protocols.Incus.Server;

public class OperationTests : IncusServerTest
{
    [Fact]
    public async Task An_operation_can_be_looked_at_and_is_listed_by_its_status()
    {
        var (_, started) = await SendAsync(Trusted, "POST", $"/1.0/images/{await AddAsync()}/refresh");
        ((string?)started["type"]).ShouldBe("async");
        ((int?)started["status_code"]).ShouldBe(100);
        var done = await WaitAsync(started);
        var url = (string)started["operation"]!;
        url.ShouldBe($"/1.0/operations/{done["id"]}");
        (await GetAsync(Trusted, url)).ToJsonString().ShouldBe(done.ToJsonString());
        ((string?)(await GetAsync(Trusted, "/1.0/operations"))["success"]![0]).ShouldBe(url);
        ((string?)(await GetAsync(Trusted, "/1.0/operations?recursion=1&all-projects=true"))["success"]![0]!["id"]).ShouldBe((string?)done["id"]);
        (await GetAsync(Trusted, "/1.0/operations?project=other")).AsObject().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_operation_that_is_over_cannot_be_cancelled()
    {
        var done = await RunAsync("POST", $"/1.0/images/{await AddAsync()}/refresh");
        (await StatusAsync(Trusted, "DELETE", $"/1.0/operations/{done["id"]}")).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Waiting_ends_with_the_timeout_and_tells_how_far_it_is()
    {
        var token = await TokenAsync();
        var state = await GetAsync(Trusted, $"{token["operation"]}/wait?timeout=0");
        ((string?)state["status"]).ShouldBe("Running");
        ((bool?)state["may_cancel"]).ShouldBe(true);
    }

    [Fact]
    public async Task Cancelling_ends_the_waiting()
    {
        var token = await TokenAsync();
        var waiting = GetAsync(Trusted, $"{token["operation"]}/wait?timeout=-1");
        (await StatusAsync(Trusted, "DELETE", (string)token["operation"]!)).ShouldBe(HttpStatusCode.OK);
        ((string?)(await waiting)["status"]).ShouldBe("Cancelled");
    }

    [Fact]
    public async Task A_timeout_that_is_no_number_is_refused()
    {
        var token = await TokenAsync();
        (await StatusAsync(Trusted, "GET", $"{token["operation"]}/wait?timeout=soon")).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_server_that_stops_does_not_let_the_waiting_wait()
    {
        var token = await TokenAsync();
        using var response = await Trusted.GetAsync(
            new Uri($"{token["operation"]}/wait", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        var stopping = StopAsync();
        ((string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["metadata"]!["status"]).ShouldBe("Running");
        await stopping;
    }

    [Fact]
    public async Task What_has_begun_is_done_before_the_server_has_stopped()
    {
        for (var i = 0; i < 20; i++)
            (await StatusAsync(Trusted, "DELETE", $"/1.0/images/{await AddAsync($"{i}")}")).ShouldBe(HttpStatusCode.Accepted);
        await StopAsync();
        (await CountAsync()).ShouldBe(0);
    }

    private async Task<JsonNode> TokenAsync() => (await SendAsync(Trusted, "POST", $"/1.0/images/{await AddAsync()}/secret")).Body;
}

public class OperationRetentionTests : IncusServerTest
{
    private protected override TimeSpan OperationRetention => TimeSpan.Zero;

    [Fact]
    public async Task An_operation_is_forgotten_some_time_after_it_ended()
    {
        var (_, started) = await SendAsync(Trusted, "POST", $"/1.0/images/{await AddAsync()}/refresh");
        while (await StatusAsync(Trusted, "GET", (string)started["operation"]!) is HttpStatusCode.OK)
            await Task.Delay(5, Cancellation);
        (await GetAsync(Trusted, "/1.0/operations")).AsObject().ShouldBeEmpty();
    }
}
