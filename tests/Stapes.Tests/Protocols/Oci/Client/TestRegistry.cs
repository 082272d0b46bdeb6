using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Stapes.Protocols.Oci;
using Stapes.Protocols.Oci.Client;
using Stapes.Protocols.Oci.Images;
using Stapes.Protocols.Shared.Client;
using Stapes.Tests.Protocols.Oci.Images;

namespace Stapes.Tests.Protocols.Oci.Client;

/// <summary>A registry over real HTTP, as small as the client's tests allow; it fails as they want.</summary>
internal sealed class TestRegistry : IAsyncDisposable
{
    private readonly WebApplication application;

    private TestRegistry(WebApplication application) => this.application = application;

    public Uri Url => new(application.Urls.First());

    public ConcurrentDictionary<string, (byte[] Bytes, string Type)> Content { get; } = new(StringComparer.Ordinal);

    /// <summary>Method and path of each request, as they came.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>A login and a password; then tokens are needed. Null for none.</summary>
    public (string Login, string Password)? Account { get; set; }

    /// <summary>Whether strangers get tokens for reading.</summary>
    public bool IsPublic { get; set; }

    /// <summary>So many requests are one too many.</summary>
    public int TooMany { get; set; }

    public string? Page { get; set; }

    /// <summary>What everything is answered with; null for what is right.</summary>
    public (int Status, string Type, string Body)? Failure { get; set; }

    /// <summary>What stands beside the status of a failure.</summary>
    public string? Reason { get; set; }

    /// <summary>Where blobs are instead; null for here.</summary>
    public Uri? BlobsElsewhere { get; set; }

    /// <summary>Where the bytes of a push shall go; null for here.</summary>
    public string? UploadPlace { get; set; }

    public static async Task<TestRegistry> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var registry = new TestRegistry(builder.Build());
        registry.application.Run(registry.AnswerAsync);
        await registry.application.StartAsync();
        return registry;
    }

    public Registry Connect(RegistryCredentials? credentials = null) =>
        new(Url, HttpClients.Create(new(ServerAddress.Parse(Url))), _ => Task.FromResult(credentials));

    public OciRemote Open(TemporaryDirectory directory, RegistryCredentials? credentials = null) =>
        new(Connect(credentials), new IncusForm(), directory["layers"]);

    /// <summary>Adds a blob, and names it.</summary>
    public OciDescriptor AddBlob(string repository, byte[] bytes, string mediaType)
    {
        var digest = LayerBuilder.DigestOf(bytes).ToString();
        Content[$"/v2/{repository}/blobs/{digest}"] = (bytes, "application/octet-stream");
        return new() { MediaType = mediaType, Digest = digest, Size = bytes.Length };
    }

    /// <summary>Adds a manifest under a tag and its digest.</summary>
    public OciDescriptor AddManifest(string repository, string tag, byte[] bytes, string mediaType = OciMediaTypes.Manifest)
    {
        var digest = LayerBuilder.DigestOf(bytes).ToString();
        Content[$"/v2/{repository}/manifests/{tag}"] = Content[$"/v2/{repository}/manifests/{digest}"] = (bytes, mediaType);
        return new() { MediaType = mediaType, Digest = digest, Size = bytes.Length };
    }

    /// <summary>Adds an application image of these layers.</summary>
    public OciDescriptor AddImage(string repository, string tag, string architecture, params IReadOnlyList<LayerBuilder> layers)
    {
        var tarballs = layers.Select(static l => l.Build()).ToList();
        var config = JsonSerializer.SerializeToUtf8Bytes(new()
        {
            Architecture = architecture, Os = "linux", Created = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000), Config = new() { Entrypoint = ["/app"] },
            Rootfs = new() { Type = "layers", DiffIds = [.. tarballs.Select(static t => LayerBuilder.DigestOf(t).ToString())] },
        }, OciJson.Context.OciImageConfig);
        return AddManifest(repository, tag, JsonSerializer.SerializeToUtf8Bytes(new()
        {
            MediaType = OciMediaTypes.Manifest,
            Config = AddBlob(repository, config, OciMediaTypes.ImageConfig),
            Layers = [.. tarballs.Select(t => AddBlob(repository, LayerBuilder.Gzip(t), "application/vnd.oci.image.layer.v1.tar+gzip"))],
        }, OciJson.Context.OciManifest));
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(0);
        await application.StopAsync(now.Token);
        await application.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        var (request, response) = (http.Request, http.Response);
        Requests.Enqueue($"{request.Method} {request.Path}");
        if (request.Path == "/token")
            await GiveTokenAsync(http);
        else if (Page is { } page)
            await WriteAsync(response, 200, Encoding.UTF8.GetBytes(page), "text/html; charset=utf-8");
        else if (Failure is { } failure)
            await FailAsync(http, failure.Status, failure.Type, failure.Body);
        else if (TooMany > 0)
            (TooMany, response.StatusCode, response.Headers.RetryAfter) = (TooMany - 1, 429, "0");
        else if (Account is not null && !IsAllowed(request))
            (response.StatusCode, response.Headers.WWWAuthenticate) = (401, $"Bearer realm=\"{Url}token\",service=\"test, registry\"");
        else if (request.Method is "POST")
            (response.StatusCode, response.Headers.Location) = (202, UploadPlace ?? $"{request.Path}one?state=x");
        else if (BlobsElsewhere is { } elsewhere && request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal))
            (response.StatusCode, response.Headers.Location) = (307, new Uri(elsewhere, request.Path).AbsoluteUri);
        else if (request.Method is "PUT")
            await StoreAsync(http);
        else if (Content.TryGetValue(request.Path.Value!, out var content))
            await WriteAsync(response, 200, request.Method is "HEAD" ? [] : content.Bytes, content.Type);
        else
            response.StatusCode = 404;
    }

    private async Task FailAsync(HttpContext http, int status, string type, string body)
    {
        http.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = Reason;
        await WriteAsync(http.Response, status, http.Request.Method is "HEAD" ? [] : Encoding.UTF8.GetBytes(body), type);
    }

    private static async Task WriteAsync(HttpResponse response, int status, byte[] bytes, string type)
    {
        (response.StatusCode, response.ContentType) = (status, type);
        await response.Body.WriteAsync(bytes);
    }

    private async Task StoreAsync(HttpContext http)
    {
        var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        var path = http.Request.Path.Value!;
        var at = path.IndexOf("/blobs/", StringComparison.Ordinal);
        if (at > 0)
            AddBlob(path[4..at], body.ToArray(), "");
        else
            AddManifest(path[4..path.IndexOf("/manifests/", StringComparison.Ordinal)], path[(path.LastIndexOf('/') + 1)..], body.ToArray(), http.Request.ContentType!);
        http.Response.StatusCode = 201;
    }

    /// <summary>The token names its scope.</summary>
    private bool IsAllowed(HttpRequest request)
    {
        var path = request.Path.Value!;
        var repository = path[4..path.LastIndexOf(path.Contains("/blobs/", StringComparison.Ordinal) ? "/blobs/" : "/manifests/", StringComparison.Ordinal)];
        var authorization = request.Headers.Authorization.ToString();
        return authorization == $"Bearer repository:{repository}:pull,push" || (request.Method is "GET" or "HEAD" && authorization == $"Bearer repository:{repository}:pull");
    }

    private Task GiveTokenAsync(HttpContext http)
    {
        var scope = http.Request.Query["scope"].ToString();
        var known = Account is { } account && http.Request.Headers.Authorization == "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{account.Login}:{account.Password}"));
        if (http.Request.Query["service"] == "test, registry" && (known || (IsPublic && scope.EndsWith(":pull", StringComparison.Ordinal))))
            return WriteAsync(http.Response, 200, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"token\":\"{scope}\"}}")), "application/json");
        http.Response.StatusCode = 401;
        return Task.CompletedTask;
    }
}
