using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Stapes.Core;
using Stapes.Core.Transfers;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Incus.Client;

/// <summary>
/// Requests to a server that speaks the Incus API, and what it answers. Each failure is a <see cref="StapesException"/> with the
/// server's own words, or with what happened to the connection. Source: Incus documentation, «REST API».
/// </summary>
public sealed class IncusConnection : IDisposable
{
    private readonly HttpClient http;
    private readonly string name;
    private readonly string? project;

    private IncusConnection(HttpAccess access, string? project)
    {
        http = HttpClients.Create(access);
        name = string.Join(" or ", access.Addresses);
        this.project = project;
    }

    /// <param name="path">The Unix socket of the server. Nothing is sent before the first request.</param>
    /// <param name="project">The project that all requests are about; null for the server's default.</param>
    public static IncusConnection ToSocket(string path, string? project = null) => To(new(ServerAddress.OfSocket(path)), project);

    /// <param name="access">The server, on the network or not. Nothing is sent before the first request.</param>
    /// <param name="project">The project that all requests are about; null for the server's default.</param>
    public static IncusConnection To(HttpAccess access, string? project = null) => new(access, project);

    /// <param name="resource">The path below <c>/1.0</c>, with a leading slash, its parts escaped.</param>
    /// <param name="query">Further parameters.</param>
    public Uri Url(string resource, params ReadOnlySpan<(string Name, string Value)> query) =>
        UrlOfAnyProject(resource, project is null ? query : [("project", project), .. query]);

    /// <summary>The same, whatever project the connection is for.</summary>
    public static Uri UrlOfAnyProject(string resource, params ReadOnlySpan<(string Name, string Value)> query)
    {
        var url = $"/1.0{resource}";
        var separator = '?';
        foreach (var (parameter, value) in query)
        {
            url += $"{separator}{parameter}={Uri.EscapeDataString(value)}";
            separator = '&';
        }

        return new(url, UriKind.Relative);
    }

    public Task<IncusAnswer> GetAsync(Uri url, CancellationToken cancellation) => SendAsync(HttpMethod.Get, url, content: null, cancellation);

    public Task<IncusAnswer> DeleteAsync(Uri url, CancellationToken cancellation) => SendAsync(HttpMethod.Delete, url, content: null, cancellation);

    public Task<IncusAnswer> PostAsync<T>(Uri url, T body, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Post, url, Json(body, type), cancellation);

    /// <param name="etag">What the server must still have; null for whatever it has.</param>
    /// <exception cref="StapesException">PreconditionFailed: it has something else by now.</exception>
    public async Task PutAsync<T>(Uri url, T body, JsonTypeInfo<T> type, string? etag, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = Json(body, type) };
        if (etag is not null)
            request.Headers.TryAddWithoutValidation("If-Match", etag);
        await SendAsync(request, cancellation);
    }

    public async Task<IncusAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return await ReadAnswerAsync(response, cancellation);
    }

    /// <summary>A file of the server, which is continued where the server can do that.</summary>
    public OpenRemoteFile File(Uri url) => HttpFile.At(http, url);

    /// <summary>The response to a request that is answered with bytes, once its headers are there.</summary>
    public async Task<HttpResponseMessage> DownloadAsync(Uri url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.StatusCode == HttpStatusCode.OK)
            return response;
        using (response)
            await ReadAnswerAsync(response, cancellation);
        throw NoEnvelope(response);
    }

    /// <summary>Waits for the operation of an answer, and cancels it on the server if the caller cancels.</summary>
    /// <exception cref="StapesException">The operation failed; the message is the server's.</exception>
    public Task<OperationRecord> WaitAsync(IncusAnswer answer, CancellationToken cancellation) => WaitAsync(answer, watch: null, cancellation);

    /// <summary>The same.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="watch">Is told what the server says of its progress; null when nobody wants to know.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<OperationRecord> WaitAsync(IncusAnswer answer, TransferWatch? watch, CancellationToken cancellation)
    {
        var started = answer.As(IncusJsonContext.Default.OperationRecord);
        var operation = $"/operations/{Uri.EscapeDataString(started.Id)}";
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var following = watch is null ? Task.CompletedTask : OperationProgress.FollowAsync(this, Url(operation), watch, over.Token);
        try
        {
            // A stranger who sent an image that was asked for may wait with the secret of the operation.
            var secret = started.Metadata?["secret"] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
            using var request = new HttpRequestMessage(HttpMethod.Get, secret is null ? Url($"{operation}/wait") : Url($"{operation}/wait", ("secret", secret)));
            // It takes as long as the operation.
            request.Options.Set(HttpAccess.AnswerWithin, Timeout.InfiniteTimeSpan);
            var ended = (await SendAsync(request, cancellation)).As(IncusJsonContext.Default.OperationRecord);
            return ended.StatusCode switch
            {
                OperationStatus.Success => ended,
                OperationStatus.Cancelled => throw new StapesException(ErrorKind.Unavailable, $"The server cancelled the operation \"{ended.Description}\""),
                _ => throw new StapesException(ErrorKind.Invalid, OneLine(ended.Err)),
            };
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await TryCancelAsync(Url(operation));
            throw;
        }
        finally
        {
            await over.CancelAsync();
            await following;
        }
    }

    public void Dispose() => http.Dispose();

    private static ByteArrayContent Json<T>(T body, JsonTypeInfo<T> type) =>
        new(JsonSerializer.SerializeToUtf8Bytes(body, type)) { Headers = { ContentType = new("application/json") } };

    private async Task<IncusAnswer> SendAsync(HttpMethod method, Uri url, HttpContent? content, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, url) { Content = content };
        return await SendAsync(request, cancellation);
    }

    private async Task<IncusAnswer> ReadAnswerAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        JsonElement envelope;
        try
        {
            using var document = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellation), cancellationToken: cancellation);
            envelope = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw NoEnvelope(response);
        }

        if (envelope.ValueKind != JsonValueKind.Object || !envelope.TryGetProperty("type", out var type))
            throw NoEnvelope(response);
        if (type.ValueEquals("error"u8))
            throw Failure(envelope, response.StatusCode);
        if (!response.IsSuccessStatusCode || !envelope.TryGetProperty("metadata", out var metadata))
            throw NoEnvelope(response);
        return new(metadata, response.Headers.NonValidated.TryGetValues("ETag", out var etag) ? etag.ToString() : null);
    }

    private static StapesException Failure(JsonElement envelope, HttpStatusCode status)
    {
        var code = envelope.TryGetProperty("error_code", out var number) && number.TryGetInt32(out var given) && given != 0 ? (HttpStatusCode)given : status;
        var kind = code switch
        {
            HttpStatusCode.NotFound => ErrorKind.NotFound,
            HttpStatusCode.Conflict => ErrorKind.Conflict,
            HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized => ErrorKind.Forbidden,
            HttpStatusCode.PreconditionFailed => ErrorKind.PreconditionFailed,
            HttpStatusCode.InsufficientStorage => ErrorKind.Full,
            >= HttpStatusCode.InternalServerError => ErrorKind.Unavailable,
            _ => ErrorKind.Invalid,
        };
        return new(kind, envelope.TryGetProperty("error", out var text) && text.GetString() is { Length: > 0 } error
            ? OneLine(error)
            : $"The server failed with status {(int)code} and does not say why: its log may");
    }

    private StapesException NoEnvelope(HttpResponseMessage response) => new(
        ErrorKind.Unavailable,
        $"What listens at {name} does not speak the Incus API: it answered {response.RequestMessage?.RequestUri?.AbsolutePath} with status {(int)response.StatusCode}; name the socket of an image server");

    /// <summary>Cancels an operation, within a second; nothing happens when that is not possible.</summary>
    internal async Task TryCancelAsync(Uri operation)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await DeleteAsync(operation, patience.Token);
        }
        catch (Exception e) when (e is StapesException or OperationCanceledException)
        {
            // It ended in between, cannot be cancelled, or the server is gone: nothing more can be done from here.
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim().TrimEnd('.');
}
