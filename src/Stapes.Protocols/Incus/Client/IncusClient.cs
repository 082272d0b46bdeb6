using System.Text.Json;
using System.Text.Json.Nodes;
using Stapes.Core;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Incus.Client;

/// <summary>The images and aliases of a server that speaks the Incus API. Failures are those of <see cref="IncusConnection"/>.</summary>
/// <param name="connection">To the server.</param>
/// <param name="secret">Opens the one private image that is asked for; null for none.</param>
public sealed class IncusClient(IncusConnection connection, string? secret = null) : IDisposable
{
    internal IncusConnection Connection => connection;

    /// <param name="filter">What the server should leave out everything but, in the API's filter language; empty for all.</param>
    /// <param name="allProjects">Of all projects, not only of the connection's.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A list of <see cref="ImageRecord"/> as the server wrote it.</returns>
    public async Task<JsonElement> ListImagesAsync(string filter, bool allProjects, CancellationToken cancellation)
    {
        // Incus refuses a project together with all of them.
        var url = allProjects
            ? IncusConnection.UrlOfAnyProject("/images", ("recursion", "1"), ("filter", filter), ("all-projects", "true"))
            : connection.Url("/images", ("recursion", "1"), ("filter", filter));
        return (await connection.GetAsync(url, cancellation)).Metadata;
    }

    /// <param name="name">A fingerprint, or the start of one.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<FetchedImage> GetImageAsync(string name, CancellationToken cancellation)
    {
        try
        {
            var answer = await connection.GetAsync(ImageUrl(name), cancellation);
            return new(answer.As(IncusJsonContext.Default.ImageRecord), answer.ETag);
        }
        catch (StapesException e) when (e.Kind == ErrorKind.NotFound)
        {
            throw new StapesException(ErrorKind.NotFound, $"Image \"{name}\" not found", e);
        }
    }

    /// <param name="name">An alias, or what <see cref="GetImageAsync"/> takes; an alias goes first.</param>
    /// <param name="type">Only an alias of this type counts; null for any.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The alias's fingerprint; the name itself where there is no such alias.</returns>
    public async Task<string> ResolveAsync(string name, string? type, CancellationToken cancellation)
    {
        return await FindAliasAsync(name, cancellation) is { } alias && (type is null || type == (alias.Type.Length == 0 ? "container" : alias.Type)) ? alias.Target : name;
    }

    /// <summary>Sets the editable fields of an image, all of them.</summary>
    /// <param name="fingerprint">The image.</param>
    /// <param name="image">The fields.</param>
    /// <param name="etag">Of the image as it was when it was looked at; null to overwrite whatever there is.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task UpdateImageAsync(string fingerprint, ImagePutRecord image, string? etag, CancellationToken cancellation) =>
        connection.PutAsync(ImageUrl(fingerprint), image, IncusJsonContext.Default.ImagePutRecord, etag, cancellation);

    public async Task DeleteImageAsync(string fingerprint, CancellationToken cancellation) =>
        await connection.WaitAsync(await connection.DeleteAsync(ImageUrl(fingerprint), cancellation), cancellation);

    /// <summary>Has the server look for a newer version where the image came from.</summary>
    /// <param name="fingerprint">The image.</param>
    /// <param name="watch">Is told what the server says of its progress; null when nobody wants to know.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Whether it found one.</returns>
    public async Task<bool> RefreshImageAsync(string fingerprint, TransferWatch? watch, CancellationToken cancellation)
    {
        var url = connection.Url($"/images/{Escape(fingerprint)}/refresh");
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        var ended = await connection.WaitAsync(await connection.SendAsync(request, cancellation), watch, cancellation);
        return ended.Metadata?["refreshed"] is JsonValue value && value.TryGetValue<bool>(out var refreshed) && refreshed;
    }

    /// <summary>Sends an image. The files are read while they are sent.</summary>
    /// <param name="upload">The image.</param>
    /// <param name="watch">Is told how each file is sent, and then what the server says of its progress; null when nobody wants to know.</param>
    /// <param name="cancellation">Ends it; the server then keeps nothing.</param>
    /// <returns>The fingerprint.</returns>
    public async Task<string> UploadAsync(UploadRequest upload, TransferWatch? watch, CancellationToken cancellation)
    {
        using var request = upload.ToRequest(connection.Url("/images"), watch);
        return await FingerprintAsync(await connection.SendAsync(request, cancellation), watch, cancellation);
    }

    /// <summary>Has the server fetch an image from a web server that answers with the headers <c>Incus-Image-Hash</c> and <c>Incus-Image-URL</c>.</summary>
    /// <param name="url">The web server.</param>
    /// <param name="isPublic">Whether strangers may see the image.</param>
    /// <param name="properties">Added to those of the image's metadata.</param>
    /// <param name="watch">Is told what the server says of its progress; null when nobody wants to know.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The fingerprint.</returns>
    public async Task<string> ImportAsync(
        string url, bool isPublic, IReadOnlyDictionary<string, string> properties, TransferWatch? watch, CancellationToken cancellation)
    {
        var request = new JsonObject
        {
            ["public"] = isPublic,
            ["properties"] = new JsonObject(properties.Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["source"] = new JsonObject { ["type"] = "url", ["mode"] = "pull", ["protocol"] = "direct", ["url"] = url },
        };
        var answer = await connection.PostAsync(connection.Url("/images"), request, IncusJsonContext.Default.JsonObject, cancellation);
        return await FingerprintAsync(answer, watch, cancellation);
    }

    /// <summary>Has the server make an image of whatever the request names.</summary>
    /// <returns>The fingerprint.</returns>
    internal async Task<string> CreateImageAsync(JsonObject request, TransferWatch? watch, CancellationToken cancellation) =>
        await FingerprintAsync(await connection.PostAsync(connection.Url("/images"), request, IncusJsonContext.Default.JsonObject, cancellation), watch, cancellation);

    /// <summary>A secret by which a stranger may fetch a private image, once.</summary>
    public async Task<string> CreateSecretAsync(string fingerprint, CancellationToken cancellation) =>
        (string?)(await StartAsync($"/images/{Escape(fingerprint)}/secret", [], cancellation)).Metadata?["secret"]
        ?? throw new StapesException(ErrorKind.Unavailable, $"The server gives no secret for the image {fingerprint}: make the image public, or copy with --mode relay");

    /// <summary>Starts an operation.</summary>
    internal async Task<OperationRecord> StartAsync(string resource, JsonObject request, CancellationToken cancellation) =>
        (await connection.PostAsync(connection.Url(resource), request, IncusJsonContext.Default.JsonObject, cancellation)).As(IncusJsonContext.Default.OperationRecord);

    /// <summary>Runs an operation to its end.</summary>
    internal async Task<OperationRecord> RunAsync(string resource, JsonObject request, TransferWatch? watch, CancellationToken cancellation) =>
        await connection.WaitAsync(await connection.PostAsync(connection.Url(resource), request, IncusJsonContext.Default.JsonObject, cancellation), watch, cancellation);

    /// <summary>Cancels an operation, if it still runs.</summary>
    internal Task TryCancelAsync(OperationRecord operation) => connection.TryCancelAsync(connection.Url($"/operations/{Uri.EscapeDataString(operation.Id)}"));

    /// <summary>Fetches the files of an image and checks them; see <see cref="ImageDownload"/>.</summary>
    /// <param name="image">The image.</param>
    /// <param name="options">Where to, and how.</param>
    /// <param name="cancellation">Ends it; of a unified image what came stays in a <c>.part</c> file.</param>
    public Task<FetchedFiles> FetchAsync(ImageRecord image, FetchOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(options);
        return new ImageDownload(connection, WithSecret($"/images/{Escape(image.Fingerprint)}/export"), image, options).RunAsync(cancellation);
    }

    /// <returns>A list of <see cref="AliasRecord"/> as the server wrote it.</returns>
    public async Task<JsonElement> ListAliasesAsync(CancellationToken cancellation) =>
        (await connection.GetAsync(connection.Url("/images/aliases", ("recursion", "1")), cancellation)).Metadata;

    public Task CreateAliasAsync(AliasRecord alias, CancellationToken cancellation) =>
        connection.PostAsync(connection.Url("/images/aliases"), alias, IncusJsonContext.Default.AliasRecord, cancellation);

    public Task RenameAliasAsync(string name, string newName, CancellationToken cancellation) =>
        connection.PostAsync(AliasUrl(name), new() { ["name"] = newName }, IncusJsonContext.Default.JsonObject, cancellation);

    /// <returns>Null when there is no such alias.</returns>
    public async Task<AliasRecord?> FindAliasAsync(string name, CancellationToken cancellation)
    {
        try
        {
            return (await connection.GetAsync(AliasUrl(name), cancellation)).As(IncusJsonContext.Default.AliasRecord);
        }
        catch (StapesException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>Has an alias lead to another image, in one step.</summary>
    public Task MoveAliasAsync(AliasRecord alias, string fingerprint, CancellationToken cancellation) =>
        connection.PutAsync(AliasUrl(alias.Name), alias with { Target = fingerprint }, IncusJsonContext.Default.AliasRecord, etag: null, cancellation);

    public Task DeleteAliasAsync(string name, CancellationToken cancellation) => connection.DeleteAsync(AliasUrl(name), cancellation);

    public void Dispose() => connection.Dispose();

    private async Task<string> FingerprintAsync(IncusAnswer answer, TransferWatch? watch, CancellationToken cancellation)
    {
        var ended = await connection.WaitAsync(answer, watch, cancellation);
        return (string?)ended.Metadata?["fingerprint"]
            ?? throw new StapesException(ErrorKind.Unavailable, "The server took the image but does not say its fingerprint: look for it with `stapes image list`");
    }

    private Uri ImageUrl(string name) => WithSecret($"/images/{Escape(name)}");

    private Uri WithSecret(string resource) => secret is null ? connection.Url(resource) : connection.Url(resource, ("secret", secret));

    private Uri AliasUrl(string name) => connection.Url($"/images/aliases/{Escape(name)}");

    // A path cannot name what is called "." or "..", whatever its escaping (RFC 3986, section 5.2.4); no image or alias is.
    private static string Escape(string name) => name is "" or "." or ".."
        ? throw new StapesException(ErrorKind.NotFound, $"\"{name}\" is no name of an image or alias")
        : Uri.EscapeDataString(name);
}

/// <summary>An image, and the entity tag by which an update can tell whether it changed since.</summary>
public sealed record FetchedImage(ImageRecord Image, string? ETag);
