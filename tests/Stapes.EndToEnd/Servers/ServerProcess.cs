using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Servers;

/// <summary>A running <c>stapes serve</c>, and <c>stapes image</c> that speaks to it.</summary>
internal sealed partial class ServerProcess : IAsyncDisposable
{
    private readonly string data;
    private readonly Process process;
    private readonly List<string> log = [];
    private readonly TaskCompletionSource<string?> started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(string data, Process process)
    {
        this.data = data;
        this.process = process;
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
    }

    public string DataDirectory => data;

    /// <summary>Where it listens on the network, with the port that the system chose.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>What of it lies in memory, in bytes.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>The files of images, whole or being written.</summary>
    public IReadOnlyList<string> StoredFiles =>
    [
        .. ((string[])["blobs", "tmp"]).Select(d => Path.Combine(data, d)).Where(Directory.Exists)
            .SelectMany(static d => Directory.GetFiles(d, "*", SearchOption.AllDirectories)),
    ];

    /// <summary>Starts a server on a data directory and waits until it answers.</summary>
    /// <param name="data">The data directory, which may be missing.</param>
    /// <param name="options">Further ones of <c>stapes serve</c>; without any it listens without TLS.</param>
    public static async Task<ServerProcess> StartAsync(string data, params IReadOnlyList<string> options)
    {
        var server = new ServerProcess(data, Command(data, options is [] ? ["--listen", "http://127.0.0.1:0"] : options).Start());
        var line = await server.started.Task.WaitAsync(TestContext.Current.CancellationToken);
        line.ShouldNotBeNull(string.Join('\n', server.log));
        server.Address = new(AddressPattern().Match(line).Value);
        return server;
    }

    /// <summary>It trusts the authority of the tests, as the peers do.</summary>
    public static Command Command(string data, params IReadOnlyList<string> options)
    {
        var command = StapesProgram.Run(Path.GetDirectoryName(data)!, ["serve", "--data", data, .. options]);
        return File.Exists(PeerServers.Authority)
            ? new("env", [$"SSL_CERT_FILE={PeerServers.Authority}", command.Program, .. command.Arguments]) { Directory = command.Directory }
            : command;
    }

    /// <summary><c>stapes image …</c></summary>
    public Command Image(params IReadOnlyList<string> arguments) =>
        StapesProgram.Run(Path.GetDirectoryName(data)!, ["image", .. arguments, "--data", data]);

    /// <summary>Any command that speaks to the server over its Unix socket.</summary>
    public Command Stapes(params IReadOnlyList<string> arguments) =>
        StapesProgram.Run(Path.GetDirectoryName(data)!, [.. arguments, "--data", data]);

    public Command Import(TestImage image, params IReadOnlyList<string> options) => Image(["import", .. image.Files, .. options]);

    public async Task<IReadOnlySet<string>> FingerprintsAsync() =>
        (await Image("list", "-c", "F", "-f", "csv").OutputAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);

    /// <summary>Exports an image to an empty directory and takes the fingerprint of what arrives.</summary>
    public async Task<string> ExportedFingerprintAsync(string name)
    {
        var directory = Directory.CreateTempSubdirectory("stapes-");
        try
        {
            await Image("export", name, directory.FullName, "--quiet").OutputAsync();
            return TestImage.FromExport(directory.FullName).Fingerprint;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>An access token of a role.</summary>
    public async Task<string> AccessTokenAsync(string role) =>
        (string)JsonNode.Parse(await SendAsync(HttpMethod.Post, "/stapes/1.0/tokens", $$"""{"name":"{{role}}","role":"{{role}}"}"""))!["metadata"]!["token"]!;

    /// <summary>A token that makes the client that shows it an administrator.</summary>
    public async Task<string> TrustTokenAsync(string name)
    {
        var token = JsonNode.Parse(await SendAsync(HttpMethod.Post, "/1.0/certificates", $$"""{"name":"{{name}}","type":"client","token":true}"""))!["metadata"]!["metadata"]!;
        // As `incus config trust add` writes it.
        return Convert.ToBase64String(Encoding.UTF8.GetBytes(new JsonObject
        {
            ["client_name"] = name,
            ["fingerprint"] = token["fingerprint"]!.DeepClone(),
            ["addresses"] = token["addresses"]!.DeepClone(),
            ["secret"] = token["secret"]!.DeepClone(),
            ["expires_at"] = token["expires_at"]?.DeepClone() ?? "0001-01-01T00:00:00Z",
        }.ToJsonString()));
    }

    /// <summary>Has it fetch an image from another server; answers the URL of the operation.</summary>
    public async Task<string> StartPullAsync(Uri source) => (string)JsonNode.Parse(await SendAsync(
        HttpMethod.Post, "/1.0/images", $$"""{"source":{"type":"image","protocol":"incus","server":"{{source}}","alias":"x"} }"""))!["operation"]!;

    /// <summary>What it says of an operation.</summary>
    public Task<string> OperationAsync(string url) => SendAsync(HttpMethod.Get, url, json: null);

    /// <summary><c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process.Dispose();
    }

    /// <summary>A request over the Unix socket, that must succeed.</summary>
    private async Task<string> SendAsync(HttpMethod method, string path, string? json)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(data, "unix.socket")), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        using var request = new HttpRequestMessage(method, "http://stapes" + path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        response.IsSuccessStatusCode.ShouldBeTrue(text);
        return text;
    }

    private void Read(string? line)
    {
        if (line is null || line.Contains(" Serving ", StringComparison.Ordinal))
            started.TrySetResult(line);
        else if (!started.Task.IsCompleted)
            log.Add(line);
    }

    [GeneratedRegex(@"https?://127\.0\.0\.1:\d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AddressPattern();
}
