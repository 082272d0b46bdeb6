using System.Net;
using System.Net.Http.Headers;
using Stapes.Core;

namespace Stapes.Protocols.Oci.Client;

/// <summary>
/// Sends the requests of a registry's client: it answers challenges, waits when the registry has had too many requests of us (429,
/// Retry-After), and lets credentials go nowhere else: redirects, to where blobs lie, are followed without them.
/// </summary>
/// <param name="http">Sends one request; it may not be one of those that went out before.</param>
/// <param name="registry">The registry.</param>
/// <param name="tokens">Its tokens.</param>
/// <param name="time">Waits.</param>
internal sealed class RegistryHandler(HttpClient http, Uri registry, RegistryTokens tokens, TimeProvider time) : HttpMessageHandler
{
    private const int MaxWaits = 5;

    private static readonly string[] Places = ["/manifests/", "/blobs/", "/tags/"];

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var scope = Scope(request);
        var isOurs = IsOurs(request.RequestUri!);
        var authorization = isOurs ? tokens.Find(scope) : null;
        var answered = false;
        for (var waits = 0; ;)
        {
            var response = await TrySendAsync(request, authorization, cancellationToken);
            // Where a redirect led to is no place for credentials, whatever it asks for.
            if (response.StatusCode is HttpStatusCode.Unauthorized && isOurs && IsOurs(response.RequestMessage!.RequestUri!) && !answered && CanRepeat(request))
            {
                answered = true;
                authorization = await tokens.AnswerAsync(response.Headers.WwwAuthenticate, registry, scope, cancellationToken);
                if (authorization is null)
                    return response;
            }
            else if (response.StatusCode is HttpStatusCode.TooManyRequests && waits < MaxWaits && CanRepeat(request) && Wait(response, waits) is { } wait && wait <= LongestWait)
            {
                waits++;
                await Task.Delay(wait, time, cancellationToken);
            }
            else
            {
                return response;
            }

            response.Dispose();
        }
    }

    private bool IsOurs(Uri url) => url.GetLeftPart(UriPartial.Authority) == registry.GetLeftPart(UriPartial.Authority);

    /// <summary>A body that is a stream went with the first request.</summary>
    private static bool CanRepeat(HttpRequestMessage request) => request.Content is null or ByteArrayContent;

    /// <summary>The scope that a registry of Docker's kind asks for.</summary>
    private static string Scope(HttpRequestMessage request)
    {
        var path = request.RequestUri!.AbsolutePath;
        var end = Places.Select(p => path.LastIndexOf(p, StringComparison.Ordinal)).Max();
        var actions = request.Method == HttpMethod.Get || request.Method == HttpMethod.Head ? "pull" : "pull,push";
        return end > 4 && path.StartsWith("/v2/", StringComparison.Ordinal) ? $"repository:{path[4..end]}:{actions}" : "";
    }

    private TimeSpan? Wait(HttpResponseMessage response, int waits) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero,
        _ => TimeSpan.FromSeconds(1 << waits),
    };

    private async Task<HttpResponseMessage> TrySendAsync(HttpRequestMessage request, AuthenticationHeaderValue? authorization, CancellationToken cancellation)
    {
        using var copy = new HttpRequestMessage(request.Method, request.RequestUri) { Content = request.Content, Version = request.Version };
        foreach (var (name, values) in request.Headers)
            copy.Headers.TryAddWithoutValidation(name, values);
        copy.Headers.Authorization = authorization;
        try
        {
            var response = await http.SendAsync(copy, HttpCompletionOption.ResponseHeadersRead, cancellation);
            response.RequestMessage = new(request.Method, response.RequestMessage?.RequestUri ?? request.RequestUri);
            return response;
        }
        catch (HttpRequestException e)
        {
            throw new StapesException(ErrorKind.Unavailable, $"{registry.Authority} cannot be reached: {(e.InnerException?.Message ?? e.Message).ReplaceLineEndings(" ").TrimEnd('.')}; look whether the registry runs and the URL is right", e);
        }
        finally
        {
            // The content belongs to the request that may be sent again.
            copy.Content = null;
        }
    }
}
