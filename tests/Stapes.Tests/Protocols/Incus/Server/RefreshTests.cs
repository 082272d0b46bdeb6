using System.Text.Json.Nodes;
using Stapes.Protocols.Incus.Server;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Tests.Protocols.Incus.Server;

public class RefreshTests : FollowedImageTest
{
    [Fact]
    public async Task A_newer_version_takes_the_aliases_and_the_place_of_the_old_one()
    {
        var old = await FollowAsync("1");
        var recent = Remote.Publish("moving", "2");
        ((bool?)(await RefreshAsync(old))["metadata"]!["refreshed"]).ShouldBe(true);
        await ShouldHaveMovedAsync(old, recent.Fingerprint.Hex);
    }

    [Fact]
    public async Task A_newer_version_that_is_here_already_takes_them_too()
    {
        var old = await FollowAsync("1");
        var recent = Remote.Publish("moving", "2");
        await PullAsync(recent.Fingerprint.Hex, "\"public\":true");
        ((bool?)(await RefreshAsync(old))["metadata"]!["refreshed"]).ShouldBe(true);
        await ShouldHaveMovedAsync(old, recent.Fingerprint.Hex);
        Remote.Fetches.ShouldBe(2);
    }

    [Fact]
    public async Task What_is_up_to_date_stays()
    {
        var old = await FollowAsync("1");
        ((bool?)(await RefreshAsync(old))["metadata"]!["refreshed"]).ShouldBe(false);
        Remote.Fetches.ShouldBe(1);
    }

    [Fact]
    public async Task What_follows_nothing_is_up_to_date()
    {
        ((bool?)(await RefreshAsync(await AddAsync()))["metadata"]!["refreshed"]).ShouldBe(false);
        Remote.Opened.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_changes_when_the_source_is_away_or_has_the_image_no_more()
    {
        var old = await FollowAsync("1");
        var before = (await GetAsync(Trusted, $"/1.0/images/{old}")).ToJsonString();
        Remote.IsAway = true;
        ((string?)(await RefreshAsync(old))["status"]).ShouldBe("Failure");
        Remote.IsAway = false;
        Remote.Images.Clear();
        ((string?)(await RefreshAsync(old))["status"]).ShouldBe("Failure");
        (await GetAsync(Trusted, $"/1.0/images/{old}")).ToJsonString().ShouldBe(before);
    }

    private Task<JsonNode> RefreshAsync(string fingerprint) => RunAsync("POST", $"/1.0/images/{fingerprint}/refresh");
}

public class BackgroundRefreshTests : FollowedImageTest
{
    private protected override IncusApiOptions Configure(IncusApiOptions options) =>
        base.Configure(options) with { RefreshInterval = TimeSpan.FromMilliseconds(20) };

    [Fact]
    public async Task Without_being_asked_the_server_follows_too()
    {
        var old = await FollowAsync("1");
        Remote.IsAway = true;
        var opened = Remote.Opened.Count;
        while (Remote.Opened.Count < opened + 2)
            await Task.Delay(5, Cancellation);
        Remote.IsAway = false;
        var recent = Remote.Publish("moving", "2");
        while ((await Library.GetSnapshotAsync(Cancellation)).Images is not [{ } only] || only.Fingerprint != recent.Fingerprint)
            await Task.Delay(5, Cancellation);
        await ShouldHaveMovedAsync(old, recent.Fingerprint.Hex);
    }
}

public abstract class FollowedImageTest : IncusServerTest
{
    private protected ScriptedRemote Remote { get; } = new();

    private protected override IncusApiOptions Configure(IncusApiOptions options) => options with { Outside = new(Remote.Open, AddressGuard.PublicOnly) };

    private protected async Task<string> FollowAsync(string release)
    {
        var image = Remote.Publish("moving", release);
        await PullAsync("moving", "\"public\":true,\"auto_update\":true,\"profiles\":[\"p\"],\"aliases\":[{\"name\":\"one\"},{\"name\":\"two\"}]");
        return image.Fingerprint.Hex;
    }

    private protected async Task ShouldHaveMovedAsync(string old, string recent)
    {
        (await CountAsync()).ShouldBe(1);
        var image = await GetAsync(Stranger, $"/1.0/images/{recent}");
        image["aliases"]!.AsArray().Select(static a => (string?)a!["name"]).ShouldBe(["one", "two"]);
        ((bool?)image["auto_update"]).ShouldBe(true);
        ((string?)image["update_source"]!["alias"]).ShouldBe("moving");
        old.ShouldNotBe(recent);
    }

    private protected async Task PullAsync(string name, string more) => ((string?)(await RunAsync("POST", "/1.0/images", $$"""
        {{{more}},"source":{"type":"image","mode":"pull","protocol":"incus","server":"https://there.example:8443","fingerprint":"{{name}}"} }
        """))["err"]).ShouldBe("");
}
