using System.Text.Json;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Protocols.Oci;
using Stapes.Protocols.Oci.Client;
using Stapes.Protocols.Shared.Client;
using Stapes.Tests.Protocols.Oci.Images;
using Stapes.Tests.Shared.Client;

namespace Stapes.Tests.Protocols.Oci.Client;

/// <summary>What a registry says when it fails, or lies, is anything; what we say of it is a line.</summary>
public sealed class RegistryFailureTests : IDisposable
{
    private const string Escapes = "\u001b]0;title\u0007\r\n\u202e";

    private readonly TemporaryDirectory directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task The_words_of_a_registry_are_told()
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.Failure = (403, "application/json; charset=utf-8", """{"errors":[{"code":"DENIED","message":"your quota is used up","detail":{"used":7}},{"code":"X"}]}""");

        (await FindAsync(registry)).ShouldEndWith("is not for us: the server answered 403 Forbidden: DENIED: your quota is used up");
        using var connection = registry.Connect();
        (await Should.ThrowAsync<StapesException>(new BlobPush(connection, "app").PushManifestAsync("1", OciMediaTypes.Manifest, "{}"u8.ToArray(), Cancellation)))
            .Message.ShouldEndWith("DENIED: your quota is used up");
    }

    [Theory]
    [InlineData("text/html", "<html>\n<script>alert(1)</script></html>")]
    [InlineData("application/json", "<html>no JSON</html>")]
    [InlineData("application/json", "[]")]
    [InlineData("application/json", "{\"errors\":null}")]
    [InlineData("application/json", "{\"errors\":[null]}")]
    [InlineData("application/json", "{\"errors\":[{\"code\":[],\"message\":7}]}")]
    [InlineData("application/json", "{\"errors\":[{}]}")]
    public async Task An_answer_that_is_no_error_of_a_registry_is_not_repeated(string type, string body)
    {
        await using var registry = await TestRegistry.StartAsync();
        registry.Failure = (500, type, body);
        using var connection = registry.Connect();

        var message = (await Should.ThrowAsync<StapesException>(new BlobPush(connection, "app").PushManifestAsync("1", OciMediaTypes.Manifest, "{}"u8.ToArray(), Cancellation))).Message;

        message.ShouldEndWith("it answered 500 Internal Server Error");
    }

    [Fact]
    public async Task Control_characters_and_megabytes_of_an_answer_stay_where_they_are()
    {
        await using var registry = await TestRegistry.StartAsync();
        foreach (var words in (string[])[Escapes + "x", new('x', 10_000), new('x', 8 << 20)])
        {
            registry.Failure = (500, "application/json", JsonSerializer.Serialize(new Dictionary<string, object> { ["errors"] = new[] { new Dictionary<string, string> { ["code"] = words, ["message"] = words } } }));
            ShouldBeALine(await FindAsync(registry), 600);
        }

        registry.Failure = (502, "text/plain", "");
        registry.Reason = $"\u001b[31m{new string('x', 20_000)}";
        ShouldBeALine(await FindAsync(registry));
    }

    [Fact]
    public async Task Types_and_digests_of_a_manifest_are_told_in_a_line_with_what_to_do()
    {
        await using var registry = await TestRegistry.StartAsync();
        var text = Escapes + new string('x', 1 << 20);
        var config = registry.AddBlob("app", "{}"u8.ToArray(), text);
        foreach (var manifest in (OciManifest[])[
            new() { MediaType = OciMediaTypes.Manifest, ArtifactType = text, Config = config, Layers = [] },
            new() { MediaType = OciMediaTypes.Manifest, Config = config, Layers = [] },
            new() { MediaType = OciMediaTypes.Manifest, Config = new() { MediaType = OciMediaTypes.ImageConfig, Digest = text, Size = 1 }, Layers = [] }])
        {
            registry.AddManifest("app", "1", JsonSerializer.SerializeToUtf8Bytes(manifest, OciJson.Context.OciManifest));
            ShouldBeALine(await FindAsync(registry));
        }

        registry.AddImage("app", "1", "amd64", new LayerBuilder().File($"a{Escapes}").HardLink("b", $"none{Escapes}{new string('x', 3000)}"));
        using var remote = registry.Open(directory);
        var image = (await remote.FindAsync("app:1", null, Architecture.Parse("x86_64"), Cancellation)).ShouldNotBeNull();
        ShouldBeALine((await Should.ThrowAsync<StapesException>(remote.FetchAsync(image, new(directory["staging"]), Cancellation))).Message);
    }

    [Fact]
    public async Task The_bytes_of_a_push_do_not_leave_TLS()
    {
        await using var elsewhere = await WebServer.StartAsync(static _ => Task.CompletedTask);
        await using var registry = await WebServer.StartTlsAsync(http =>
        {
            (http.Response.StatusCode, http.Response.Headers.Location) = http.Request.Method is "POST" ? (202, elsewhere.At("place?state=x").AbsoluteUri) : (404, default);
            return Task.CompletedTask;
        });
        using var connection = new Registry(
            registry.Url, HttpClients.Create(new(ServerAddress.Parse(registry.Url)) { PinnedCertificate = registry.Certificate }), static _ => Task.FromResult<RegistryCredentials?>(null));

        var failure = await Should.ThrowAsync<StapesException>(new BlobPush(connection, "app").PushAsync(
            LayerBuilder.DigestOf("x"u8.ToArray()).Sha256!.Value, 1, static () => new MemoryStream("x"u8.ToArray()), Cancellation));

        (failure.Kind, failure.Message.Contains("out of TLS; nothing was sent", StringComparison.Ordinal)).ShouldBe((ErrorKind.Forbidden, true));
        registry.Requests.Count.ShouldBe(2);
        elsewhere.Requests.ShouldBeEmpty();
    }

    private async Task<string> FindAsync(TestRegistry registry)
    {
        using var remote = registry.Open(directory);
        return (await Should.ThrowAsync<StapesException>(remote.FindAsync("app:1", null, null, Cancellation))).Message;
    }

    private static void ShouldBeALine(string message, int longest = OneLine.LongestMessage)
    {
        message.Length.ShouldBeInRange(20, longest);
        message.ShouldAllBe(static c => !char.IsControl(c) && c != '\u202e');
    }
}
