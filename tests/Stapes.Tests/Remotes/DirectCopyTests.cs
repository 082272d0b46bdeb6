using System.Text.Json.Nodes;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Protocols.Incus.Client;
using Stapes.Tests.Library;
using Stapes.Tests.Protocols.Incus.Client;

namespace Stapes.Tests.Remotes;

/// <summary>What servers are asked for when they shall copy among themselves: in the words of the Incus client.</summary>
public sealed class DirectCopyTests : IDisposable
{
    private const string Running = """{"id":"one","class":"task","status":"Running","status_code":103,"metadata":{"secret":"from the server"}}""";
    private const string Success = """{"id":"one","class":"task","status":"Success","status_code":200,"metadata":{"fingerprint":"abc"}}""";

    private readonly TemporaryDirectory directory = new();
    private readonly List<JsonObject> bodies = [];

    private readonly RemoteImage image = new()
    {
        Fingerprint = TestImages.Digest("image"),
        Type = ImageType.Container,
        Architecture = Architecture.Local,
        Properties = PropertyDictionary.From([new("os", "Test")]),
        ExpiresAt = new(2040, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task The_target_is_asked_to_pull_a_public_image_by_its_name_and_to_follow_it()
    {
        await using var target = await StartAsync();
        var copy = DirectCopies.Pull(target.Client, [new(new("https://one.example/"), "simplestreams")], ImageType.VirtualMachine, secretOf: null);

        await copy(new(image with { Public = true }, "debian/12"), new() { AutoUpdate = true, Public = true, Aliases = [new("mine", "")], Profiles = ["p"] }, watch: null, Cancellation);

        target.Requests[0].ShouldBe("POST /1.0/images");
        JsonNode.DeepEquals(bodies.ShouldHaveSingleItem(), JsonNode.Parse("""
            {"public":true,"auto_update":true,"aliases":[{"name":"mine","description":""}],"profiles":["p"],"source":{"type":"image","mode":"pull",
            "protocol":"simplestreams","server":"https://one.example","certificate":"","fingerprint":"debian/12","image_type":"virtual-machine","project":""}}
            """)).ShouldBeTrue(bodies[0].ToJsonString());
    }

    [Fact]
    public async Task A_private_image_is_pulled_by_its_fingerprint_with_a_secret_of_its_server()
    {
        await using var target = await StartAsync();
        var copy = DirectCopies.Pull(
            target.Client, [new(new("https://one.example:8443"), "incus") { Certificate = "PEM", Project = "p" }], type: null, (asked, _) => Task.FromResult($"secret of {asked.Fingerprint}"));

        await copy(new(image, "name"), new(), watch: null, Cancellation);

        var source = bodies.ShouldHaveSingleItem()["source"]!;
        ((string?)source["secret"]).ShouldBe($"secret of {image.Fingerprint}");
        ((string?)source["fingerprint"]).ShouldBe(image.Fingerprint.Hex);
        ((string?)source["certificate"]).ShouldBe("PEM");
        ((string?)source["project"]).ShouldBe("p");
        ((string?)source["server"]).ShouldBe("https://one.example:8443");
    }

    [Fact]
    public async Task The_next_address_is_tried_when_the_target_cannot_reach_one()
    {
        await using var target = await StartAsync(failures: 1);
        var copy = DirectCopies.Pull(target.Client, [new(new("https://one.example"), "incus"), new(new("https://two.example"), "incus")], type: null, secretOf: null);

        await copy(new(image), new(), watch: null, Cancellation);

        bodies.Select(static b => (string?)b["source"]!["server"]).ShouldBe(["https://one.example", "https://two.example"]);
    }

    [Fact]
    public async Task A_target_that_reaches_no_address_says_why_of_the_first()
    {
        await using var target = await StartAsync(failures: 2);
        var copy = DirectCopies.Pull(target.Client, [new(new("https://one.example"), "incus"), new(new("https://two.example"), "incus")], type: null, secretOf: null);

        (await Should.ThrowAsync<StapesException>(copy(new(image), new(), watch: null, Cancellation))).Message.ShouldBe("failed 1; `--mode relay` has the bytes pass through this machine");
    }

    [Fact]
    public async Task The_source_is_asked_to_push_with_a_secret_of_the_target()
    {
        await using var target = await StartAsync();
        using var other = new TemporaryDirectory();
        await using var source = await StartAsync(place: other);
        var copy = DirectCopies.Push(source.Client, target.Client, new(new("https://target.example:8443"), "incus") { Certificate = "PEM", Project = "p" });

        await copy(new(image), new() { Aliases = [new("mine", "")] }, watch: null, Cancellation);

        JsonNode.DeepEquals(bodies[0], JsonNode.Parse($$"""
            {"public":false,"aliases":[{"name":"mine","description":""}],"properties":{"os":"Test"},"expires_at":"2040-01-02T03:04:05Z",
            "source":{"mode":"push","fingerprint":"{{image.Fingerprint}}"} }
            """)).ShouldBeTrue(bodies[0].ToJsonString());
        source.Requests[0].ShouldBe($"POST /1.0/images/{image.Fingerprint}/export");
        JsonNode.DeepEquals(bodies[1], JsonNode.Parse("""
            {"target":"https://target.example:8443","certificate":"PEM","secret":"from the server","project":"p","profiles":null}
            """)).ShouldBeTrue(bodies[1].ToJsonString());
        target.Requests[^1].ShouldBe("DELETE /1.0/operations/one");
    }

    [Theory]
    [InlineData("pull")]
    [InlineData("push")]
    public async Task What_a_server_says_of_its_progress_reaches_who_watches(string mode)
    {
        // As Incus says it.
        const string Telling = """{"id":"one","class":"task","status":"Running","status_code":103,"metadata":{"download_progress":"rootfs: 45% (12.34MB/s)","progress":{"percent":"45"},"secret":"s"}}""";
        var heard = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(directory, async http =>
        {
            if (http.Request.Path.Value!.EndsWith("/wait", StringComparison.Ordinal))
                await heard.Task.WaitAsync(Cancellation);
            await ScriptedServer.WriteSyncAsync(http, heard.Task.IsCompleted ? Success : Telling);
        });
        var address = new RemoteAddress(new("https://one.example"), "incus");
        var copy = mode == "pull" ? DirectCopies.Pull(server.Client, [address], type: null, secretOf: null) : DirectCopies.Push(server.Client, server.Client, address);
        var told = new List<string>();

        await copy(new(image), new(), (part, _) => new(static _ => { }, () => told.Add("ended"), text =>
        {
            told.Add($"{part}{text}");
            heard.TrySetResult();
        }), Cancellation);

        told[0].ShouldBe("rootfs: 45% (12.34MB/s)");
        told[^1].ShouldBe("ended");
    }

    [Fact]
    public async Task The_secret_of_a_private_image_is_what_its_server_made()
    {
        await using var source = await StartAsync();
        (await source.Client.CreateSecretAsync(image.Fingerprint.Hex, Cancellation)).ShouldBe("from the server");
        source.Requests.ShouldBe([$"POST /1.0/images/{image.Fingerprint}/secret"]);
    }

    private Task<ScriptedServer> StartAsync(int failures = 0, TemporaryDirectory? place = null)
    {
        var waits = 0;
        return ScriptedServer.StartAsync(place ?? directory, async http =>
        {
            if (http.Request.Method == "POST")
            {
                using var reader = new StreamReader(http.Request.Body);
                bodies.Add(JsonNode.Parse(await reader.ReadToEndAsync(Cancellation))!.AsObject());
                await ScriptedServer.WriteSyncAsync(http, Running);
            }
            else if (http.Request.Path.Value!.EndsWith("/wait", StringComparison.Ordinal) && ++waits <= failures)
            {
                await ScriptedServer.WriteSyncAsync(http, $$"""{"id":"one","status":"Failure","status_code":400,"err":"failed {{waits}}" }""");
            }
            else
            {
                await ScriptedServer.WriteSyncAsync(http, Success);
            }
        });
    }
}
