using System.Net;
using System.Text.Json.Nodes;
using Stapes.Core;
using Stapes.Protocols.Incus.Server;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Tests.Protocols.Incus.Server;

public class PullTests : IncusServerTest
{
    private readonly ScriptedRemote remote = new();

    private protected override IncusApiOptions Configure(IncusApiOptions options) => options with { Outside = new(remote.Open, AddressGuard.PublicOnly) };

    [Fact]
    public async Task An_image_is_fetched_with_what_is_said_of_it_there_and_here()
    {
        var image = remote.Publish("debian/13", "13", new Dictionary<string, string> { ["os"] = "Edited", ["note"] = "there" });
        var operation = await PullAsync("debian/13", """
            "public":true,"auto_update":true,"properties":{"note":"here"},"aliases":[{"name":"d13","description":"thirteen"}],"profiles":["p"]
            """);
        ((string?)operation["err"]).ShouldBe("");
        ((string?)operation["description"]).ShouldBe("Downloading image");
        ((string?)operation["metadata"]!["fingerprint"]).ShouldBe(image.Fingerprint.Hex);
        ((string?)operation["metadata"]!["size"]).ShouldBe($"{image.Size}");

        var here = await GetAsync(Stranger, $"/1.0/images/{image.Fingerprint}");
        here["properties"]!.ToJsonString().ShouldBe("""{"note":"here","os":"Edited"}""");
        ((string?)here["aliases"]![0]!["name"]).ShouldBe("d13");
        ((string?)here["filename"]).ShouldBe("remote.tar.gz");
        ((string?)here["expires_at"]).ShouldBe("2040-01-01T00:00:00Z");
        ((bool?)here["auto_update"]).ShouldBe(true);
        here["profiles"]!.ToJsonString().ShouldBe("""["p"]""");
        here["update_source"]!.ToJsonString().ShouldBe("""{"alias":"debian/13","certificate":"PEM","protocol":"incus","server":"https://there.example:8443","image_type":""}""");
        remote.Opened.ShouldHaveSingleItem().ShouldBe(new(new("https://there.example:8443"), "incus") { Certificate = "PEM", Project = "theirs" });
        Directory.GetDirectories(DataFile("tmp")).ShouldBeEmpty();
        Files("operations").ShouldBe(0);
    }

    [Fact]
    public async Task A_fingerprint_is_followed_by_nothing()
    {
        var image = remote.Publish("x", "1");
        await PullAsync(image.Fingerprint.Hex[..12], "\"auto_update\":true");
        var here = await GetAsync(Trusted, $"/1.0/images/{image.Fingerprint}");
        ((bool?)here["auto_update"]).ShouldBe(false);
        here["update_source"].ShouldBeNull();
    }

    [Fact]
    public async Task What_is_here_already_is_not_fetched_but_gets_its_aliases()
    {
        var image = remote.Publish("x", "1");
        await PullAsync("x", "\"aliases\":[{\"name\":\"one\"}]");
        ((string?)(await PullAsync("x", "\"public\":true,\"aliases\":[{\"name\":\"one\"},{\"name\":\"two\"}]"))["status"]).ShouldBe("Success");
        remote.Fetches.ShouldBe(1);
        var here = await GetAsync(Stranger, $"/1.0/images/{image.Fingerprint}");
        here["aliases"]!.AsArray().Select(static a => (string?)a!["name"]).ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task Those_who_want_one_image_at_once_fetch_it_once()
    {
        remote.Publish("x", "1");
        var operations = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => PullAsync("x", $"\"aliases\":[{{\"name\":\"a{i}\"}}]")));
        operations.ShouldAllBe(static o => (string)o["status"]! == "Success");
        remote.Fetches.ShouldBe(1);
        (await GetAsync(Trusted, "/1.0/images/aliases")).AsArray().Count.ShouldBe(8);
    }

    [Fact]
    public async Task A_fetch_tells_how_far_it_is_and_can_be_cancelled_which_leaves_nothing()
    {
        var halfway = new TaskCompletionSource();
        remote.HalfwayAsync = cancellation =>
        {
            halfway.SetResult();
            return Task.Delay(Timeout.Infinite, cancellation);
        };
        remote.Publish("x", "1");
        var started = await StartAsync("x");
        await halfway.Task.WaitAsync(Cancellation);

        var running = await GetAsync(Trusted, (string)started["operation"]!);
        ((bool?)running["may_cancel"]).ShouldBe(true);
        ((string?)running["metadata"]!["download_progress"])!.ShouldMatch(@"^\d+% \([\d.]+[kM]?B/s\)$");
        ((string?)running["metadata"]!["progress"]!["stage"]).ShouldBe("download");
        Files("operations").ShouldBe(1);
        Files("tmp").ShouldBe(1);

        (await StatusAsync(Trusted, "DELETE", (string)started["operation"]!)).ShouldBe(HttpStatusCode.OK);
        ((string?)(await WaitAsync(started))["status"]).ShouldBe("Cancelled");
        (await CountAsync()).ShouldBe(0);
        Directory.GetFileSystemEntries(DataFile("tmp")).ShouldBeEmpty();
        Files("blobs").ShouldBe(0);
    }

    [Fact]
    public async Task A_fetch_that_a_stop_ended_is_told_of_as_failed_after_it()
    {
        remote.Publish("x", "1");
        var halfway = new TaskCompletionSource();
        remote.HalfwayAsync = cancellation =>
        {
            halfway.TrySetResult();
            return Task.Delay(Timeout.Infinite, cancellation);
        };
        var started = await StartAsync("x");
        await halfway.Task.WaitAsync(Cancellation);
        await RestartAsync();

        var failed = await WaitAsync(started);
        ((string?)failed["status"]).ShouldBe("Failure");
        ((string?)failed["err"])!.ShouldContain("restarted");
        ((string?)(await GetAsync(Trusted, "/1.0/operations"))["failure"]![0]).ShouldBe((string?)started["operation"]);
        (await StatusAsync(Trusted, "DELETE", (string)started["operation"]!)).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_note_that_was_half_written_is_forgotten()
    {
        Directory.CreateDirectory(DataFile("operations"));
        File.WriteAllText(DataFile("operations/0.json"), "{\"project\":");
        File.WriteAllText(DataFile("operations/1.json"), "[]");
        await RestartAsync();
        (await GetAsync(Trusted, "/1.0/operations")).AsObject().ShouldBeEmpty();
        Files("operations").ShouldBe(0);
    }

    [Fact]
    public async Task A_source_that_is_away_is_named_in_the_words_that_make_clients_try_its_next_address()
    {
        remote.IsAway = true;
        var failed = await PullAsync("x");
        ((string?)failed["status"]).ShouldBe("Failure");
        ((string?)failed["err"]).ShouldBe("Unable to connect to https://there.example:8443: it is away");
    }

    [Fact]
    public async Task A_fetch_that_breaks_is_kept_for_the_next_one()
    {
        remote.Publish("x", "1");
        remote.HalfwayAsync = static _ => throw new StapesException(ErrorKind.Unavailable, "it broke");
        ((string?)(await PullAsync("x"))["err"]).ShouldBe("it broke");
        Files("tmp").ShouldBe(1);
        remote.HalfwayAsync = static _ => Task.CompletedTask;
        ((string?)(await PullAsync("x"))["err"]).ShouldNotBe("it broke");
    }

    [Fact]
    public async Task What_is_no_image_does_not_come_in()
    {
        remote.PublishBytes("x", new byte[5000]);
        ((string?)(await PullAsync("x"))["status"]).ShouldBe("Failure");
        (await CountAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("file:///etc")]
    [InlineData("unix:///run/x.socket")]
    [InlineData("there.example")]
    public async Task Only_servers_on_the_network_are_asked(string server)
    {
        var (_, started) = await SendAsync(Trusted, "POST", "/1.0/images", $$"""{"source":{"type":"image","fingerprint":"x","server":"{{server}}"} }""");
        ((string?)(await WaitAsync(started))["err"])!.ShouldContain("no server to fetch images from");
        remote.Opened.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_image_that_is_not_there_fails_with_its_name()
    {
        ((string?)(await PullAsync("absent"))["err"])!.ShouldContain("absent");
    }

    [Fact]
    public async Task Whoever_may_do_everything_is_not_guarded()
    {
        remote.Publish("x", "1");
        await PullAsync("x");
        remote.IsGuarded.ShouldBeFalse();
    }

    private async Task<JsonNode> StartAsync(string name, string more = "\"public\":false")
    {
        var (status, started) = await SendAsync(Trusted, "POST", "/1.0/images", $$"""
            {{{more}},"source":{"type":"image","mode":"pull","protocol":"incus","server":"https://there.example:8443","certificate":"PEM","project":"theirs","fingerprint":"{{name}}"} }
            """);
        status.ShouldBe(HttpStatusCode.Accepted, started.ToJsonString());
        return started;
    }

    private async Task<JsonNode> PullAsync(string name, string more = "\"public\":false") => await WaitAsync(await StartAsync(name, more));
}
