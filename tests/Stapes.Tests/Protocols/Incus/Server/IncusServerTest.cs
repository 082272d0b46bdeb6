using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Hosting;
using Stapes.Protocols.Incus.Server;
using Stapes.Protocols.Shared.Authentication;
using Stapes.Tests.Images;

namespace Stapes.Tests.Protocols.Incus.Server;

/// <summary>A real server on a Unix socket, for the trusted, and on loopback, for strangers.</summary>
public abstract class IncusServerTest : IAsyncLifetime
{
    protected const string IncusAgent = "Incus 7.0.2 (Linux; x86_64; 6.18; Debian GNU/Linux; 13)";

    private readonly TemporaryDirectory directory = new();
    private StapesServer? server;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Whoever may open the Unix socket.</summary>
    protected HttpClient Trusted { get; private set; } = null!;

    /// <summary>Anybody on the network.</summary>
    protected HttpClient Stranger { get; private set; } = null!;

    private protected ImageLibrary Library => server!.Library;

    private protected string SocketPath => directory["data/unix.socket"];

    /// <summary>How long ended operations stay; Incus's own time is more than a test wants to wait.</summary>
    private protected virtual TimeSpan OperationRetention => TimeSpan.FromMinutes(1);

    public virtual async ValueTask InitializeAsync()
    {
        var settings = new ServerSettings
        {
            Data = directory["data"],
            Listen = [new(new IPEndPoint(IPAddress.Loopback, 0), IsTls: false)],
            StopTimeout = TimeSpan.FromSeconds(5),
        };
        server = await StapesServer.StartAsync(settings, NullLoggerProvider.Instance, Map, Cancellation);
        Trusted = Client(new("http://stapes"), SocketPath);
        Stranger = Client(new(server.Addresses.Single(static a => !a.Contains("socket", StringComparison.Ordinal))), socket: null);
    }

    public virtual async ValueTask DisposeAsync()
    {
        Trusted.Dispose();
        Stranger.Dispose();
        await server!.StopAsync();
        await server.DisposeAsync();
        directory.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Changes how the server works.</summary>
    private protected virtual IncusApiOptions Configure(IncusApiOptions options) => options;

    private protected Task StopAsync() => server!.StopAsync();

    /// <summary>Stops the server and starts another one on the same data.</summary>
    private protected async Task RestartAsync()
    {
        Trusted.Dispose();
        Stranger.Dispose();
        await server!.StopAsync();
        await server.DisposeAsync();
        await InitializeAsync();
    }

    /// <summary>A file of the data directory.</summary>
    private protected string DataFile(string name) => directory[$"data/{name}"];

    private void Map(IEndpointRouteBuilder routes)
    {
        var library = routes.ServiceProvider.GetRequiredService<ImageLibrary>();
        routes.MapIncus(Configure(new()
        {
            Images = library,
            Library = library,
            Access = routes.ServiceProvider.GetRequiredService<AccessControl>(),
            Follow = routes.ServiceProvider.GetRequiredService<RequestAuthentication>().Follow,
            CanBeTrusted = routes.ServiceProvider.GetRequiredService<RequestAuthentication>().CanBeTrusted,
            Attempts = routes.ServiceProvider.GetRequiredService<FailedAttempts>(),
            Version = "1.2.3",
            Identity = static () => new(["192.0.2.1:8443"], "PEM", "abc"),
            OperationRetention = OperationRetention,
            OperationJournal = directory["data/operations"],
        }));
    }

    private static HttpClient Client(Uri address, string? socket)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        if (socket is not null)
        {
            handler.ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            };
        }

        var client = new HttpClient(handler) { BaseAddress = address };
        client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", IncusAgent);
        return client;
    }

    /// <summary>The fingerprint of a unified image that was added; each yaml is another image.</summary>
    private protected async Task<string> AddAsync(string release = "1", bool isPublic = false, string architecture = "x86_64", bool isDisk = false, params string[] aliases)
    {
        var yaml = SampleImage.Yaml(release: release, architecture: architecture);
        var bytes = isDisk ? SampleImage.UnifiedDisk(yaml) : SampleImage.Unified(yaml);
        var image = await Library.AddAsync(new ImageUpload(new("image", new MemoryStream(bytes))), new()
        {
            Public = isPublic,
            Aliases = [.. aliases.Select(static a => new ImageAlias(a, ""))],
            Profiles = ["default"],
        }, Cancellation);
        return image.Fingerprint.Hex;
    }

    protected static async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(
        HttpClient client, string method, string path, string? json = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new(method), path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.SendAsync(request, Cancellation);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!);
    }

    /// <summary>The metadata of a successful answer.</summary>
    protected static async Task<JsonNode> GetAsync(HttpClient client, string path)
    {
        var (status, body) = await SendAsync(client, "GET", path);
        status.ShouldBe(HttpStatusCode.OK, body.ToJsonString());
        ((string?)body["type"]).ShouldBe("sync");
        return body["metadata"]!;
    }

    protected static async Task<HttpStatusCode> StatusAsync(HttpClient client, string method, string path, string? json = null) =>
        (await SendAsync(client, method, path, json)).Status;

    /// <summary>Sends a request that starts an operation; answers the operation when it is over.</summary>
    protected async Task<JsonNode> RunAsync(string method, string path, string? json = null)
    {
        var (status, body) = await SendAsync(Trusted, method, path, json);
        status.ShouldBe(HttpStatusCode.Accepted, body.ToJsonString());
        return await WaitAsync(body);
    }

    protected Task<JsonNode> WaitAsync(JsonNode started) => GetAsync(Trusted, (string)started["operation"]! + "/wait");

    /// <summary>Uploads a body; answers the operation when it is over.</summary>
    private protected async Task<JsonNode> UploadAsync(HttpContent content, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/1.0/images") { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Trusted.SendAsync(request, Cancellation);
        var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted, body.ToJsonString());
        return await WaitAsync(body);
    }

    private protected async Task<int> CountAsync() => (await Library.GetSnapshotAsync(Cancellation)).Images.Count;

    /// <summary>Files in a place of the data directory.</summary>
    private protected int Files(string name) => Directory.Exists(directory[$"data/{name}"])
        ? Directory.EnumerateFiles(directory[$"data/{name}"], "*", SearchOption.AllDirectories).Count()
        : 0;
}
