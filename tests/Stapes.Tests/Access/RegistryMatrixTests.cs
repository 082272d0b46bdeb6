using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Stapes.Protocols.Oci.Server;

namespace Stapes.Tests.Access;

/// <summary>
/// Every route of the registry, with every kind of caller, for a public and for a private repository. What is not in the table of
/// <c>docs/access.md</c> fails.
/// </summary>
public sealed class RegistryMatrixTests : IAsyncLifetime
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    private static readonly byte[] Blob = "{}"u8.ToArray();
    private static readonly byte[] Unneeded = "unneeded"u8.ToArray();
    private static readonly byte[] Manifest = Encoding.UTF8.GetBytes(
        $$"""{"schemaVersion":2,"mediaType":"{{ManifestType}}","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{{Digest(Blob)}}","size":2},"layers":[]}""");

    private MatrixCallers callers = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        callers = await MatrixCallers.StartAsync(static settings => settings with { PublicRepositories = ["public/*"] });

    public ValueTask DisposeAsync() => callers.DisposeAsync();

    [Fact]
    public async Task Every_route_of_the_registry_answers_every_caller_as_the_table_says()
    {
        var matrix = AccessMatrix.Read();
        var wrong = new List<string>();
        var routes = RegistryEndpoints.Handlers.Keys.Select(static h => $"{h.Method} {PathOf(h.Resource)}").ToList();
        foreach (var route in routes)
        {
            var row = new List<string>();
            var isRight = true;
            foreach (var kind in MatrixCallers.Kinds)
            {
                var (ofPublic, ofPrivate) = (await AskAsync(route, kind, "public/app"), await AskAsync(route, kind, "library/app"));
                row.Add(AccessMatrix.Format(ofPublic, ofPrivate));
                isRight &= matrix.Find(route, kind) == (ofPublic, ofPrivate);
            }

            if (!isRight)
                wrong.Add($"| `{route}` | {string.Join(" | ", row)} |");
        }

        wrong.ShouldBeEmpty("routes that are not in docs/access.md, or are answered in another way");
        matrix.Routes.Where(AccessMatrix.IsOfRegistry).Except(routes).ShouldBeEmpty("routes in docs/access.md that the registry does not have");
    }

    private static string PathOf(RegistryResource resource) => resource switch
    {
        RegistryResource.Version => "/v2/",
        RegistryResource.Token => "/v2/token",
        RegistryResource.Repositories => "/v2/_catalog",
        RegistryResource.Tags => "/v2/{name}/tags/list",
        RegistryResource.Manifest => "/v2/{name}/manifests/{reference}",
        RegistryResource.Blob => "/v2/{name}/blobs/{digest}",
        RegistryResource.Uploads => "/v2/{name}/blobs/uploads/",
        RegistryResource.Upload => "/v2/{name}/blobs/uploads/{upload}",
        RegistryResource.Referrers => "/v2/{name}/referrers/{digest}",
        _ => throw new ArgumentOutOfRangeException(nameof(resource), resource, "a resource without a path"),
    };

    private async Task<int> AskAsync(string route, string kind, string repository)
    {
        await PrepareAsync(repository);
        var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
        var upload = path.Contains("{upload}", StringComparison.Ordinal) ? await BeginAsync(repository) : "";
        var url = path
            .Replace("{name}", repository)
            .Replace("{reference}", "latest")
            .Replace("{digest}", Digest(method == "DELETE" ? Unneeded : path.Contains("/referrers/", StringComparison.Ordinal) ? Manifest : Blob));
        url = path.Contains("{upload}", StringComparison.Ordinal) ? upload + (method == "PUT" ? $"?digest={Digest(Blob)}" : "") : url;
        using var request = new HttpRequestMessage(new(method), url);
        request.Content = (method, path.Split('/')[^1]) switch
        {
            ("PUT", "{reference}") => Content(Manifest, ManifestType),
            ("PUT" or "PATCH", _) => Content(Blob, "application/octet-stream"),
            ("POST", "token") => Content("grant_type=password&service=x&client_id=x&username=x&password=x"u8.ToArray(), "application/x-www-form-urlencoded"),
            _ => null,
        };
        using var response = await callers.SendAsync(kind, request);
        return (int)response.StatusCode;
    }

    /// <summary>A manifest with a tag, the blob that it needs, and one that nothing needs.</summary>
    private async Task PrepareAsync(string repository)
    {
        foreach (var blob in (byte[][])[Blob, Unneeded])
            await SendAsync("POST", $"/v2/{repository}/blobs/uploads/?digest={Digest(blob)}", Content(blob, "application/octet-stream"));
        await SendAsync("PUT", $"/v2/{repository}/manifests/latest", Content(Manifest, ManifestType));
    }

    private async Task<string> BeginAsync(string repository)
    {
        using var response = await SendAsync("POST", $"/v2/{repository}/blobs/uploads/", null);
        return response.Headers.Location!.OriginalString is var location && Uri.TryCreate(location, UriKind.Absolute, out var url) ? url.AbsolutePath : location;
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string url, HttpContent? content)
    {
        using var request = new HttpRequestMessage(new(method), url) { Content = content };
        var response = await callers.SendAsync("unix", request);
        response.IsSuccessStatusCode.ShouldBeTrue(await response.Content.ReadAsStringAsync(Cancellation));
        return response;
    }

    private static ByteArrayContent Content(byte[] content, string type) => new(content) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };

    private static string Digest(byte[] content) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";
}
