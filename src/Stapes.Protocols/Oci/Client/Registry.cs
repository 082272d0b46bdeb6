using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Stapes.Core;
using Stapes.Core.Transfers;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Oci.Client;

/// <summary>Asks a registry for manifests and blobs. Source: OCI distribution-spec 1.1, «Pull».</summary>
public sealed class Registry : IDisposable
{
    /// <summary>The largest manifest that a registry has to take is as large: distribution-spec 1.1, «Pushing Manifests».</summary>
    private const int MaxManifest = 4 << 20;

    /// <summary>By this name everybody knows Docker's registry, which answers under another one.</summary>
    private static readonly string[] DockerHubHosts = ["docker.io", "index.docker.io", "registry-1.docker.io"];

    private static readonly string[] Accepted =
        [OciMediaTypes.Index, OciMediaTypes.Manifest, OciMediaTypes.DockerManifestList, OciMediaTypes.DockerManifest];

    private readonly HttpClient http;

    /// <param name="url">The registry, such as <c>https://docker.io</c>.</param>
    /// <param name="transport">Sends requests and follows redirects; disposed with the registry.</param>
    /// <param name="credentials">Who we are; asked for when the registry wants to know. Null for nobody.</param>
    /// <param name="time">The clock, for waits.</param>
    public Registry(Uri url, HttpClient transport, Func<CancellationToken, Task<RegistryCredentials?>> credentials, TimeProvider? time = null)
    {
        IsDockerHub = IsDockerHubAt(url);
        Url = Endpoint(url);
        http = new(new RegistryHandler(transport, Url, new(transport, credentials), time ?? TimeProvider.System)) { BaseAddress = Url, Timeout = Timeout.InfiniteTimeSpan };
    }

    public Uri Url { get; }

    public bool IsDockerHub { get; }

    internal HttpClient Http => http;

    /// <summary>Where a registry answers.</summary>
    internal static Uri Endpoint(Uri url) => IsDockerHubAt(url) ? new("https://registry-1.docker.io/") : new(url.GetLeftPart(UriPartial.Authority));

    /// <summary>How credential helpers know a registry.</summary>
    internal static string HelperName(Uri url) => IsDockerHubAt(url) ? "https://index.docker.io/v1/" : url.Authority;

    /// <summary>The bytes of a manifest or an index, and its type; null when there is none.</summary>
    /// <exception cref="StapesException">Forbidden. Unavailable: the registry fails, or is none.</exception>
    public async Task<FoundManifest?> FindManifestAsync(string repository, string reference, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v2/{repository}/manifests/{reference}");
        foreach (var type in Accepted)
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        RequireRegistry(response);
        if (response.StatusCode is HttpStatusCode.NotFound)
            return null;
        if (!response.IsSuccessStatusCode)
            throw await RegistryFailure.ReadAsync(response, cancellation);
        var bytes = await BoundedBody.ReadAsync(response, MaxManifest, cancellation);
        var digest = OciDigest.TryParse(reference, out var wanted) ? wanted : OciDigest.From(Digests.Of(bytes));
        if (!Digests.Match(bytes, digest))
            throw new StapesException(ErrorKind.Unavailable, $"{Url.Authority} answers with another manifest than {repository}@{reference}: its bytes do not have that digest");
        var stated = response.Content.Headers.ContentType?.MediaType;
        return new(digest, OciMediaTypes.IsIndex(stated) || OciMediaTypes.IsManifest(stated) ? stated! : TypeOf(bytes, repository, reference), bytes);
    }

    /// <summary>A blob, to be fetched.</summary>
    internal OpenRemoteFile OpenBlob(string repository, string digest) => HttpFile.At(http, new Uri($"/v2/{repository}/blobs/{digest}", UriKind.Relative));

    /// <summary>The bytes of a small blob, such as a configuration.</summary>
    /// <exception cref="StapesException">NotFound. Unavailable: the registry fails, or sends other bytes.</exception>
    public async Task<byte[]> GetBlobAsync(string repository, OciDescriptor descriptor, CancellationToken cancellation)
    {
        if (!OciDigest.TryParse(descriptor.Digest, out var digest))
            throw new StapesException(ErrorKind.Invalid, $"The manifest of {repository} names \"{descriptor.Digest}\", which is no digest");
        var bytes = descriptor.Data;
        if (bytes is null)
        {
            using var response = await http.GetAsync(new Uri($"/v2/{repository}/blobs/{digest}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (!response.IsSuccessStatusCode)
                throw await RegistryFailure.ReadAsync(response, cancellation);
            bytes = await BoundedBody.ReadAsync(response, MaxManifest, cancellation);
        }

        return Digests.Match(bytes, digest) ? bytes
            : throw new StapesException(ErrorKind.Unavailable, $"{Url.Authority} answers with other bytes than those of {repository}@{digest}");
    }

    public void Dispose() => http.Dispose();

    private static bool IsDockerHubAt(Uri url) => DockerHubHosts.Contains(url.Host, StringComparer.OrdinalIgnoreCase);

    /// <summary>Captive portals, and web servers that are no registries, answer everything with a page.</summary>
    private void RequireRegistry(HttpResponseMessage response)
    {
        if (response.Content.Headers.ContentType?.MediaType is "text/html")
            throw new StapesException(ErrorKind.Unavailable, $"{Url.Authority} answers with a web page ({(int)response.StatusCode}), as no registry does; look whether the URL is that of a registry");
    }

    private string TypeOf(byte[] bytes, string repository, string reference)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(bytes, OciJson.Context.OciIndex);
            return manifest switch
            {
                { MediaType: { } type } when OciMediaTypes.IsIndex(type) || OciMediaTypes.IsManifest(type) => type,
                { Manifests: not null } => OciMediaTypes.Index,
                { SchemaVersion: 2 } => OciMediaTypes.Manifest,
                _ => throw new StapesException(ErrorKind.Invalid, $"{repository}@{reference} of {Url.Authority} is a manifest of an old kind; push the image again with a present-day tool"),
            };
        }
        catch (JsonException e)
        {
            throw new StapesException(ErrorKind.Unavailable, $"{Url.Authority} answers with something else than a manifest for {repository}@{reference}", e);
        }
    }
}

/// <summary>A manifest or an index, as a registry has it.</summary>
public sealed record FoundManifest(OciDigest Digest, string MediaType, byte[] Bytes);
