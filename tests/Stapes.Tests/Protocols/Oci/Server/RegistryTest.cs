using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Hosting;

namespace Stapes.Tests.Protocols.Oci.Server;

/// <summary>A real registry on loopback. Users are named by their role and, behind a dash, their project: <c>publisher-lab</c>.</summary>
public abstract class RegistryTest : IAsyncLifetime
{
    protected const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    protected const string IndexType = "application/vnd.oci.image.index.v1+json";
    protected const string Name = "library/app";

    private static readonly HttpClient Client = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    private readonly TemporaryDirectory directory = new();
    private readonly Dictionary<string, string> secrets = new(StringComparer.Ordinal);
    private StapesServer? server;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected Uri Address { get; private set; } = null!;

    /// <summary>Signs as the server does.</summary>
    private protected ReadOnlyMemory<byte> TokenKey => RegistryKey.FindOrCreate(directory["data"]);

    public async ValueTask InitializeAsync()
    {
        await StartAsync();
        await server!.Access.ChangeProjectsAsync(static (state, _) => state with { Projects = state.Projects.Add("lab", new("lab", "")) }, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        directory.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected AccessControl Access => server!.Access;

    private protected ImageLibrary Library => server!.Library;

    private protected string Data => directory["data"];

    private protected virtual ILoggerProvider Log => NullLoggerProvider.Instance;

    /// <param name="change">Changes the settings.</param>
    /// <param name="between">Done while no server runs.</param>
    private protected async Task RestartAsync(Func<ServerSettings, ServerSettings>? change = null, Action? between = null)
    {
        await StopAsync();
        between?.Invoke();
        await StartAsync(change);
    }

    /// <summary>Sends a request as a publisher, or as somebody else.</summary>
    private protected async Task<HttpResponseMessage> SendAsync(
        string method, string path, HttpContent? content = null, string? user = "publisher", params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new(method), new Uri(Address, path)) { Content = content };
        if (user is not null)
            request.Headers.Authorization = await BasicAsync(user);
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                content!.Headers.TryAddWithoutValidation(name, value);
        }

        return await Client.SendAsync(request, HttpCompletionOption.ResponseContentRead, Cancellation);
    }

    private protected async Task<AuthenticationHeaderValue> BasicAsync(string user) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{await PasswordOfAsync(user)}")));

    protected static string Sha256(ReadOnlySpan<byte> content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    protected static string Sha512(ReadOnlySpan<byte> content) => "sha512:" + Convert.ToHexStringLower(SHA512.HashData(content));

    protected static ByteArrayContent Bytes(byte[] content, string type = "application/octet-stream") =>
        new(content) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };

    /// <summary>Pushes a blob in one request and returns its digest.</summary>
    protected async Task<string> PushBlobAsync(byte[] content, string name = Name)
    {
        var digest = Sha256(content);
        using var response = await SendAsync("POST", $"/v2/{name}/blobs/uploads/?digest={digest}", Bytes(content));
        response.StatusCode.ShouldBe(HttpStatusCode.Created, await response.Content.ReadAsStringAsync(Cancellation));
        return digest;
    }

    protected async Task<HttpResponseMessage> PushManifestAsync(string reference, byte[] content, string type = ManifestType, string name = Name) =>
        await SendAsync("PUT", $"/v2/{name}/manifests/{reference}", Bytes(content, type));

    /// <summary>A manifest of an empty configuration and some layers, whose blobs are pushed with it.</summary>
    protected async Task<byte[]> MakeImageAsync(string name, Action<JsonObject>? change, params string[] layers)
    {
        await PushBlobAsync("{}"u8.ToArray(), name);
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = Descriptor("application/vnd.oci.empty.v1+json", "{}"u8),
            ["layers"] = new JsonArray(),
        };
        foreach (var layer in layers.Select(Encoding.UTF8.GetBytes))
        {
            await PushBlobAsync(layer, name);
            manifest["layers"]!.AsArray().Add((JsonNode)Descriptor("application/vnd.oci.image.layer.v1.tar", layer));
        }

        change?.Invoke(manifest);
        return Encoding.UTF8.GetBytes(manifest.ToJsonString());
    }

    protected static JsonObject Descriptor(string type, ReadOnlySpan<byte> content) => new()
    {
        ["mediaType"] = type,
        ["digest"] = Sha256(content),
        ["size"] = content.Length,
    };

    /// <summary>The code of the first error; the answer must have the form of the specification.</summary>
    protected static async Task<string> CodeAsync(HttpResponseMessage response)
    {
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/json");
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["errors"]![0]!["code"]!;
    }

    protected async Task ShouldFailAsync(Task<HttpResponseMessage> sent, HttpStatusCode status, string code)
    {
        using var response = await sent;
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        response.StatusCode.ShouldBe(status, body);
        (await CodeAsync(response)).ShouldBe(code, body);
    }

    protected static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    private protected string[] Files(string name) => Directory.Exists(directory[$"data/{name}"])
        ? [.. Directory.EnumerateFiles(directory[$"data/{name}"], "*", SearchOption.AllDirectories).Select(static p => Path.GetFileName(p))]
        : [];

    private async Task StartAsync(Func<ServerSettings, ServerSettings>? change = null)
    {
        var settings = new ServerSettings
        {
            Data = directory["data"],
            Listen = [new(new IPEndPoint(IPAddress.Loopback, 0), IsTls: false)],
            StopTimeout = TimeSpan.FromSeconds(5),
            PublicRepositories = ["public/*"],
        };
        server = await StapesServer.StartAsync(change?.Invoke(settings) ?? settings, Log, map: null, Cancellation);
        Address = new(server.Addresses.Single(static a => !a.Contains("socket", StringComparison.Ordinal)));
    }

    private async Task StopAsync()
    {
        await server!.StopAsync();
        await server.DisposeAsync();
    }

    /// <summary>An access token for each user that a test names.</summary>
    private protected async Task<string> PasswordOfAsync(string user)
    {
        if (secrets.TryGetValue(user, out var secret))
            return secret;
        var words = user.Split('-');
        if (!Enum.TryParse<Role>(words[0], ignoreCase: true, out var role))
            return "wrong";
        (_, secret) = await server!.Access.AddTokenAsync(new(user, role, words.Length > 1 ? [words[1]] : null), Cancellation);
        return secrets[user] = secret;
    }
}
