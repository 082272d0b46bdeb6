using System.Net;
using System.Text.Json;
using Stapes.Core.Access;

namespace Stapes.Protocols.Shared.Authentication.Oidc;

/// <summary>
/// Tells who the bearer of an access token is: a signed token (RFC 9068) of the configured issuer, for this server, that is valid now.
/// As in Incus, tokens that only the issuer can read are not accepted. May be used by many requests at once.
/// </summary>
public sealed class OidcVerifier : IDisposable
{
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    private readonly TimeProvider time;
    private readonly HttpClient http;
    private readonly SigningKeys keys;

    /// <param name="options">Nothing is asked of the issuer before the first token comes.</param>
    /// <param name="time">The clock.</param>
    public OidcVerifier(OidcOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        this.time = time;
        http = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            Timeout = TimeSpan.FromSeconds(10),
            MaxResponseContentBufferSize = 512 << 10,
        };
        keys = new(options.Issuer, http, time);
    }

    public OidcOptions Options { get; }

    /// <summary>Whether something may be fetched from there: what is read from elsewhere decides who is trusted.</summary>
    public static bool IsAcceptable(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback);
    }

    /// <param name="token">What came behind <c>Bearer</c>.</param>
    /// <param name="from">The address of the caller, for tokens that are good in some networks only; null when it has none.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="RejectedTokenException">It proves nothing.</exception>
    /// <exception cref="Core.StapesException">Unavailable: the issuer cannot be asked for its keys.</exception>
    public async Task<OidcUser> VerifyAsync(string token, IPAddress? from, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(token);
        var parsed = JsonWebToken.Parse(token);
        // Before the signature, so that only tokens of the issuer make the server ask for keys.
        if (parsed.Text("iss") != Options.Issuer)
            throw new RejectedTokenException("it is of another issuer");
        CheckTime(parsed);
        if (!(await keys.FindAsync(parsed.KeyId, cancellation)).Any(k => k.Verifies(parsed)))
            throw new RejectedTokenException("its signature is not the issuer's");
        CheckAudience(parsed);
        CheckNetwork(parsed, from);
        return new(
            parsed.Text("sub") is { Length: > 0 and <= Identity.LongestUserName } subject ? subject : throw new RejectedTokenException("it has no subject"),
            Name(parsed));
    }

    public void Dispose()
    {
        keys.Dispose();
        http.Dispose();
    }

    private void CheckTime(JsonWebToken token)
    {
        var now = time.GetUtcNow();
        if (token.Time("exp") is not { } end || now >= end + Skew)
            throw new RejectedTokenException("it has expired");
        if (token.Claims.TryGetProperty("nbf", out _) && !(token.Time("nbf") <= now + Skew))
            throw new RejectedTokenException("it is not valid yet");
    }

    /// <summary>One issuer serves many programs: a token for another one must open nothing here.</summary>
    private void CheckAudience(JsonWebToken token)
    {
        var isForUs = Options.Audience.Length > 0
            ? token.Texts("aud").Contains(Options.Audience)
            : token.Texts("aud").Concat(token.Texts("client_id")).Concat(token.Texts("azp")).Contains(Options.ClientId);
        if (!isForUs)
            throw new RejectedTokenException("it is meant for another program");
    }

    /// <summary>Incus's own claim: the networks that the user may come from.</summary>
    private static void CheckNetwork(JsonWebToken token, IPAddress? from)
    {
        const string Claim = "incus.allowed_subnets";
        if (!token.Claims.TryGetProperty(Claim, out var value) || value.ValueKind is JsonValueKind.Null)
            return;
        var address = from is { IsIPv4MappedToIPv6: true } ? from.MapToIPv4() : from;
        if (address is null || !token.Texts(Claim).Any(t => IPNetwork.TryParse(t, out var network) && network.Contains(address)))
            throw new RejectedTokenException("it is not good in the network that it comes from");
    }

    private string Name(JsonWebToken token)
    {
        var name = Options.Claim.Length > 0 ? token.Text(Options.Claim)
            : token.Text("email") is { Length: > 0 } address && !IsUnverified(token) ? address
            : token.Text("sub");
        return Identity.IsUserName(name)
            ? name!
            : throw new RejectedTokenException($"it has no claim \"{Options.Claim}\" that names the user");
    }

    /// <summary>An address that the issuer says nobody checked could be anybody's.</summary>
    private static bool IsUnverified(JsonWebToken token) =>
        token.Claims.TryGetProperty("email_verified", out var value) && value.ValueKind is not JsonValueKind.True;
}
