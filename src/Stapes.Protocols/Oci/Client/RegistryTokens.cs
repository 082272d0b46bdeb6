using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stapes.Core;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Oci.Client;

/// <summary>
/// Answers the challenges of a registry: with the password itself, or with a token that its token server gives for it, or for nothing.
/// Tokens are kept by scope. Source: Docker distribution, «Token Authentication Specification» and «OAuth2 Token Authentication».
/// </summary>
/// <param name="http">Reaches token servers; it must not send our credentials by itself.</param>
/// <param name="credentials">Who we are, asked for once; null for nobody.</param>
internal sealed class RegistryTokens(HttpClient http, Func<CancellationToken, Task<RegistryCredentials?>> credentials)
{
    private const int MaxAnswer = 1 << 20;

    private readonly Dictionary<string, AuthenticationHeaderValue> known = new(StringComparer.Ordinal);
    private readonly Lock sync = new();
    private Task<RegistryCredentials?>? asked;

    /// <summary>What was good for the scope last time; null when nothing was.</summary>
    public AuthenticationHeaderValue? Find(string scope)
    {
        lock (sync)
            return known.GetValueOrDefault(scope);
    }

    /// <param name="challenges">What the registry answered with its 401.</param>
    /// <param name="registry">The registry that did.</param>
    /// <param name="scope">What the request is about, where the challenge does not say.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Null when there is nothing that could be answered.</returns>
    /// <exception cref="StapesException">Forbidden: the token server does not know us. Unavailable: it fails.</exception>
    public async Task<AuthenticationHeaderValue?> AnswerAsync(IEnumerable<AuthenticationHeaderValue> challenges, Uri registry, string scope, CancellationToken cancellation)
    {
        foreach (var challenge in challenges)
        {
            var we = await WhoAsync(cancellation);
            var answer = challenge.Scheme.ToUpperInvariant() switch
            {
                "BEARER" => await GetTokenAsync(Challenge.Parse(challenge.Parameter ?? ""), registry, scope, we, cancellation),
                "BASIC" when we is { IsToken: false } && MayHavePassword(registry) => we.Basic,
                _ => null,
            };
            if (answer is null)
                continue;
            lock (sync)
                known[scope] = answer;
            return answer;
        }

        return null;
    }

    /// <summary>Asked for once, but again when that failed or was given up.</summary>
    private Task<RegistryCredentials?> WhoAsync(CancellationToken cancellation)
    {
        lock (sync)
        {
            if (asked is null or { IsCompleted: true, IsCompletedSuccessfully: false })
                asked = credentials(cancellation);
            return asked;
        }
    }

    /// <summary>Passwords travel encrypted, or not further than this machine.</summary>
    private static bool MayHavePassword(Uri server) => server.Scheme == Uri.UriSchemeHttps || server.IsLoopback;

    private async Task<AuthenticationHeaderValue?> GetTokenAsync(IReadOnlyDictionary<string, string> challenge, Uri registry, string scope, RegistryCredentials? we, CancellationToken cancellation)
    {
        if (!challenge.TryGetValue("realm", out var realm) || !Uri.TryCreate(realm, UriKind.Absolute, out var server) || server.Scheme is not ("https" or "http"))
            throw new StapesException(ErrorKind.Unavailable, $"{registry.Authority} asks for a token, but names no server that gives one");
        if (server.Scheme is "http" && registry.Scheme is "https")
            throw new StapesException(ErrorKind.Forbidden, $"{registry.Authority} sends us to {server.Authority} for a token, without TLS; no password goes there");
        challenge.TryGetValue("service", out var service);
        var wanted = challenge.TryGetValue("scope", out var named) ? named : scope;
        // Whoever can change what a registry without TLS answers chooses the server, too.
        var mayHave = MayHavePassword(registry) && MayHavePassword(server);
        if (we is { IsToken: true } && !mayHave)
            throw new StapesException(ErrorKind.Forbidden, $"{registry.Authority} has no TLS; the credential helper's token does not go there: reach it over https");
        using var request = we is { IsToken: true } ? Exchange(server, service, wanted, we) : Ask(server, service, wanted);
        if (we is { IsToken: false } && mayHave)
            request.Headers.Authorization = we.Basic;
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (!response.IsSuccessStatusCode)
            throw Refused(server, response, we);
        var body = await BoundedBody.ReadAsync(response, MaxAnswer, cancellation);
        try
        {
            var answer = JsonSerializer.Deserialize(body, OciJson.Context.TokenAnswer);
            return (answer?.Token ?? answer?.AccessToken) is { Length: > 0 } token && !token.Any(char.IsControl)
                ? new("Bearer", token)
                : throw new StapesException(ErrorKind.Unavailable, $"{server.Authority} gives no token for {registry.Authority}: its answer has none");
        }
        catch (JsonException e)
        {
            throw new StapesException(ErrorKind.Unavailable, $"{server.Authority} gives no token for {registry.Authority}: it answers with something else than JSON", e);
        }
    }

    private static HttpRequestMessage Ask(Uri server, string? service, string scope)
    {
        var query = string.Concat(Parameters(service, scope).Select(static p => $"&{p.Key}={Uri.EscapeDataString(p.Value)}"));
        var text = server.GetLeftPart(UriPartial.Query);
        return new(HttpMethod.Get, new Uri(text + (server.Query.Length > 0 ? query : $"?{query[1..]}")));
    }

    private static HttpRequestMessage Exchange(Uri server, string? service, string scope, RegistryCredentials we) => new(HttpMethod.Post, server)
    {
        Content = new FormUrlEncodedContent([new("grant_type", "refresh_token"), new("client_id", "stapes"), new("refresh_token", we.Secret), .. Parameters(service, scope)]),
    };

    private static IEnumerable<KeyValuePair<string, string>> Parameters(string? service, string scope)
    {
        if (service is not null)
            yield return new("service", service);
        yield return new("scope", scope);
    }

    private static StapesException Refused(Uri server, HttpResponseMessage response, RegistryCredentials? we) => (int)response.StatusCode is 401 or 403
        ? new(ErrorKind.Forbidden, we is null
            ? $"{server.Authority} gives no token to strangers: log in with `stapes remote add … --auth-user`"
            : $"{server.Authority} gives no token to {(we.IsToken ? "the credential helper's account" : we.Login)}: look at the login and the password")
        : new(ErrorKind.Unavailable, $"{server.Authority} gives no token: it answered {(int)response.StatusCode} {response.ReasonPhrase}");
}

/// <summary>What a token server answers.</summary>
public sealed record TokenAnswer
{
    public string? Token { get; init; }

    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }
}
