using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Stapes.Commands;
using Stapes.Tests.Protocols.Incus.Client;
using Stapes.Tests.Shared.Client;
using Stapes.Tests.Simplestreams.Tree;

namespace Stapes.Tests.Commands.Image;

/// <summary>What is offered for the words of a command line that is being typed.</summary>
public sealed class ImageCompletionTests : IDisposable
{
    private readonly SampleTree tree = new();
    private readonly TemporaryDirectory files = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        tree.Dispose();
        files.Dispose();
    }

    [Theory]
    [InlineData("image info ", "images:", "local:")]
    [InlineData("image info ima", "images:")]
    [InlineData("image copy ima", "images:")]
    [InlineData("image copy x loc", "local:")]
    [InlineData("image list ima", "images:")]
    [InlineData("image delete loc", "local:")]
    [InlineData("image alias list ima", "images:")]
    [InlineData("image alias delete loc", "local:")]
    [InlineData("remote switch ima", "images")]
    public void Remotes_are_offered(string typed, params string[] expected) => Complete(typed).ShouldBe(expected);

    [Fact]
    public async Task The_aliases_of_a_server_are_offered_as_it_was_when_it_was_last_asked()
    {
        await tree.AddContainerAsync(options: new() { Aliases = ["test/1", "test/2"] });
        await using var server = await WebServer.StartAsync(http => Results.File(tree[http.Request.Path.Value!.TrimStart('/')]).ExecuteAsync(http));
        await RunAsync("remote", "add", "web", server.Url.AbsoluteUri, "--protocol=simplestreams");
        await RunAsync("image", "list", "web:");
        var asked = server.Requests.Count;

        Complete("image info web:test/").ShouldBe(["web:test/1", "web:test/1/amd64", "web:test/2", "web:test/2/amd64"], ignoreOrder: true);
        Complete("image info web:none").ShouldBeEmpty();
        Complete("image info we").ShouldBe(["web:"]);
        server.Requests.Count.ShouldBe(asked);
    }

    [Fact]
    public async Task A_server_that_was_never_asked_is_asked()
    {
        await tree.AddContainerAsync(options: new() { Aliases = ["test/1"] });
        await using var server = await WebServer.StartAsync(http => Results.File(tree[http.Request.Path.Value!.TrimStart('/')]).ExecuteAsync(http));
        await RunAsync("remote", "add", "web", server.Url.AbsoluteUri, "--protocol=simplestreams");

        Complete("image info web:test").ShouldContain("web:test/1");
    }

    [Fact]
    public async Task The_aliases_of_a_directory_are_offered()
    {
        await tree.AddContainerAsync(options: new() { Aliases = ["test/1"] });

        Complete($"image info {tree.Root}:test/1").ShouldContain($"{tree.Root}:test/1");
        Complete($"image info {tree.Root}").ShouldBeEmpty();
    }

    [Fact]
    public async Task Names_that_a_shell_would_act_upon_are_left_out()
    {
        const string Image = """{"fingerprint":"FINGERPRINT","architecture":"x86_64","type":"container","aliases":[{"name":"plain/1"},{"name":"$(reboot)"},{"name":"a b"},{"name":"`x`"},{"name":"new\nline"}]}""";
        await using var server = await ScriptedServer.StartAsync(files, static http => ScriptedServer.WriteSyncAsync(http, $"[{Image.Replace("FINGERPRINT", new string('a', 64), StringComparison.Ordinal)}]"));

        Complete($"image info --socket {server.Socket} local:").ShouldBe(["local:plain/1"]);
        Complete($"image info --socket {server.Socket} ").ShouldBe(["images:", "local:", "plain/1"], ignoreOrder: true);
    }

    [Fact]
    public async Task Nothing_is_said_or_waited_for_when_a_server_is_away_silent_or_not_to_be_trusted()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var untrusted = await WebServer.StartTlsAsync(static _ => Task.CompletedTask);
        await RunAsync("remote", "add", "silent", $"http://{silent.LocalEndpoint}", "--protocol=simplestreams");
        await RunAsync("remote", "add", "away", "http://127.0.0.1:1", "--protocol=simplestreams");
        await RunAsync("remote", "add", "untrusted", untrusted.Url.AbsoluteUri, "--protocol=simplestreams");
        await RunAsync("remote", "add", "reg", "https://registry.invalid", "--protocol=oci");

        foreach (var remote in (string[])["silent", "away", "untrusted", "reg", "unknown"])
            Complete($"image info {remote}:x").ShouldBeEmpty();
    }

    [Fact]
    public void A_configuration_that_cannot_be_read_offers_nothing()
    {
        files.Write("conf/config.yml", "remotes: [unfinished"u8);
        Complete("image info ").ShouldBeEmpty();
        Complete("image info images:x").ShouldBeEmpty();
    }

    private string[] Complete(string typed)
    {
        var words = typed.Split(' ');
        var line = $"{string.Join(' ', words[..2])} --config {files["conf"]} {string.Join(' ', words[2..])}";
        // Not the options, which stand beside the words.
        return [.. CommandLine.CreateRoot().Parse(line).GetCompletions(line.Length).Select(static c => c.Label).Where(static l => !l.StartsWith('-') && l is not ("/?" or "/h")).Distinct()];
    }

    private async Task RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        (await CommandLine.CreateRoot().Parse([.. arguments, "--config", files["conf"]]).InvokeAsync(new() { Output = output, Error = output, EnableDefaultExceptionHandler = false }, Cancellation)).ShouldBe(0, output.ToString());
    }
}
