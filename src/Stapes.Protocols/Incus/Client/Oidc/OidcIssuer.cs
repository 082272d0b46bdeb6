using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stapes.Core;
using Stapes.Protocols.Shared.Authentication.Oidc;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Incus.Client.Oidc;

/// <summary>
/// An issuer of tokens, as a client without a secret asks it. What it is sent goes over TLS, or does not leave this machine, and only to
/// where its own documents say; redirects of what is sent are not followed.
/// </summary>
internal sealed class OidcIssuer : IDisposable
{
    private const int MaxAnswer = 512 << 10;

    private readonly HttpClient http;
    private readonly OidcChallenge challenge;
    private Uri? deviceAuthorization;
    private Uri? token;

    private OidcIssuer(HttpClient http, OidcChallenge challenge)
    {
        this.http = http;
        this.challenge = challenge;
    }

    public string Name => challenge.Issuer;

    /// <summary>Finds an issuer by its name (OpenID Connect Discovery 1.0, section 4).</summary>
    /// <exception cref="StapesException">Forbidden: it may not be asked. Unavailable: it cannot be, or is another one.</exception>
    public static async Task<OidcIssuer> FindAsync(OidcChallenge challenge, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(challenge.Issuer, UriKind.Absolute, out var url) || !OidcVerifier.IsAcceptable(url) || url.UserInfo.Length > 0)
            throw new StapesException(ErrorKind.Forbidden, $"The server wants a login at {PublicUrl.Of(challenge.Issuer)}, which is no https:// URL: its administrator has to put that right");
        var issuer = new OidcIssuer(HttpClients.Create(new(ServerAddress.Parse(url))), challenge);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{challenge.Issuer.TrimEnd('/')}/.well-known/openid-configuration");
            var discovery = await issuer.SendAsync(request, OidcJsonContext.Default.DiscoveryRecord, cancellation);
            if (discovery.Issuer != challenge.Issuer)
                throw new StapesException(ErrorKind.Unavailable, $"The issuer {challenge.Issuer} calls itself \"{discovery.Issuer}\": the server's administrator has to name it exactly so");
            issuer.deviceAuthorization = Endpoint(discovery.DeviceAuthorizationEndpoint);
            issuer.token = Endpoint(discovery.TokenEndpoint);
            return issuer;
        }
        catch
        {
            issuer.Dispose();
            throw;
        }
    }

    /// <summary>Begins a login (RFC 8628, section 3.1).</summary>
    public async Task<DeviceCodeRecord> BeginAsync(CancellationToken cancellation)
    {
        List<KeyValuePair<string, string>> form = [new("client_id", challenge.ClientId), new("scope", string.Join(' ', challenge.Scopes))];
        if (challenge.Audience.Length > 0)
            form.Add(new("audience", challenge.Audience));
        return await PostAsync(deviceAuthorization, "device_authorization_endpoint", form, OidcJsonContext.Default.DeviceCodeRecord, cancellation);
    }

    /// <summary>Asks whether the user has logged in (RFC 8628, section 3.4). The answer may be an error.</summary>
    public Task<TokenRecord> RedeemAsync(string deviceCode, CancellationToken cancellation) => PostAsync(
        token, "token_endpoint",
        [new("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), new("device_code", deviceCode), new("client_id", challenge.ClientId)],
        OidcJsonContext.Default.TokenRecord, cancellation);

    /// <summary>Asks for new tokens (RFC 6749, section 6). The answer may be an error.</summary>
    public Task<TokenRecord> RefreshAsync(string refreshToken, CancellationToken cancellation) => PostAsync(
        token, "token_endpoint",
        [new("grant_type", "refresh_token"), new("refresh_token", refreshToken), new("client_id", challenge.ClientId)],
        OidcJsonContext.Default.TokenRecord, cancellation);

    /// <summary>What the issuer refused, in one line. Its own words could repeat what it was sent, so that only its code is told.</summary>
    public StapesException Failure(IssuerRecord record) => new(
        ErrorKind.Forbidden,
        $"{Name} refuses the login: {(record.Error is { Length: <= 64 } code && code.All(static c => char.IsAsciiLetter(c) || c == '_') ? code : "it does not say why")}; ask the administrator of the server");

    public void Dispose() => http.Dispose();

    private static Uri? Endpoint(string? url) => Uri.TryCreate(url, UriKind.Absolute, out var endpoint) && OidcVerifier.IsAcceptable(endpoint) ? endpoint : null;

    private async Task<T> PostAsync<T>(Uri? endpoint, string what, IEnumerable<KeyValuePair<string, string>> form, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : IssuerRecord
    {
        if (endpoint is null)
            throw new StapesException(ErrorKind.Unavailable, $"The issuer {Name} names no {what} with an https:// URL: its administrator has to allow logins of devices");
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new FormUrlEncodedContent(form) };
        request.Options.Set(HttpAccess.AnswerWithin, new HttpPatience().Answer);
        return await SendAsync(request, type, cancellation);
    }

    private async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        request.Headers.Accept.Add(new("application/json"));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        // What is refused is said in the same form, with 400 or 401 (RFC 6749, section 5.2).
        if (!response.IsSuccessStatusCode && (request.Method == HttpMethod.Get || (int)response.StatusCode is not (400 or 401)))
            throw new StapesException(ErrorKind.Unavailable, $"The issuer {Name} cannot be used: it answered {PublicUrl.Of(request.RequestUri!)} with {(int)response.StatusCode}; try again later, or ask its administrator");
        // A redirect, which only a question without secrets follows.
        if (!OidcVerifier.IsAcceptable(request.RequestUri!))
            throw new StapesException(ErrorKind.Unavailable, $"The issuer {Name} sends us to {PublicUrl.Of(request.RequestUri!)}, out of TLS: its administrator has to put that right");
        try
        {
            return JsonSerializer.Deserialize(await BoundedBody.ReadAsync(response, MaxAnswer, cancellation), type) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new StapesException(ErrorKind.Unavailable, $"{PublicUrl.Of(request.RequestUri!)} does not answer as an issuer of tokens does: look whether {Name} is one", e);
        }
    }
}
