using System.Text.Json;
using Stapes.Core;

namespace Stapes.Protocols.Shared.Authentication.Oidc;

/// <summary>
/// The keys of an issuer, from its discovery document (OpenID Connect Discovery 1.0, section 4). They are kept, fetched again after an
/// hour, and sooner for a token with an unknown key; but never more often than once in <see cref="ShortestPause"/>, whatever tokens come.
/// </summary>
internal sealed class SigningKeys(string issuer, HttpClient http, TimeProvider time) : IDisposable
{
    public static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim fetching = new(1);
    private volatile Fetched? last;

    /// <summary>The keys that a token may be signed with: those of its key's name, or all when it names none.</summary>
    /// <exception cref="StapesException">Unavailable: the issuer is away, and there are no keys of earlier.</exception>
    public async Task<IReadOnlyList<SigningKey>> FindAsync(string? keyId, CancellationToken cancellation)
    {
        var known = await GetAsync(Lifetime, cancellation);
        var found = Matching(known, keyId);
        return found.Count > 0 ? found : Matching(await GetAsync(ShortestPause, cancellation), keyId);
    }

    public void Dispose() => fetching.Dispose();

    private static IReadOnlyList<SigningKey> Matching(IReadOnlyList<SigningKey> keys, string? id) =>
        id is null ? keys : [.. keys.Where(k => k.Id is null || k.Id == id)];

    private async Task<IReadOnlyList<SigningKey>> GetAsync(TimeSpan oldest, CancellationToken cancellation)
    {
        if (last is not { } present || present.IsDue(time, oldest))
        {
            await fetching.WaitAsync(cancellation);
            try
            {
                // Somebody else may have fetched while this one waited.
                present = last is { } meanwhile && !meanwhile.IsDue(time, oldest) ? meanwhile : last = await FetchAsync();
            }
            finally
            {
                fetching.Release();
            }
        }

        return present.Keys ?? throw new StapesException(ErrorKind.Unavailable, present.Failure);
    }

    /// <summary>Not cancelled with the request that caused it: the next ones need the keys too.</summary>
    private async Task<Fetched> FetchAsync()
    {
        try
        {
            var discovery = await GetJsonAsync(new($"{issuer.TrimEnd('/')}/.well-known/openid-configuration"));
            if (Text(discovery, "issuer") != issuer)
                throw new StapesException(ErrorKind.Unavailable, $"it calls itself \"{Text(discovery, "issuer")}\"");
            if (!Uri.TryCreate(Text(discovery, "jwks_uri"), UriKind.Absolute, out var url) || !OidcVerifier.IsAcceptable(url))
                throw new StapesException(ErrorKind.Unavailable, "it does not say where its keys are, over HTTPS");
            var set = await GetJsonAsync(url);
            if (!set.TryGetProperty("keys", out var keys) || keys.ValueKind is not JsonValueKind.Array)
                throw new StapesException(ErrorKind.Unavailable, $"{url} holds no keys");
            return new(time.GetTimestamp(), [.. keys.EnumerateArray().Select(SigningKey.TryParse).OfType<SigningKey>()], "");
        }
        catch (Exception e) when (e is StapesException or HttpRequestException or JsonException or OperationCanceledException)
        {
            var why = (e.InnerException ?? e).Message.ReplaceLineEndings(" ").TrimEnd('.');
            return new(time.GetTimestamp(), last?.Keys, $"The OpenID Connect issuer {issuer} cannot be used: {why}; try again later");
        }
    }

    private async Task<JsonElement> GetJsonAsync(Uri url)
    {
        using var document = JsonDocument.Parse(await http.GetByteArrayAsync(url));
        return document.RootElement.ValueKind is JsonValueKind.Object ? document.RootElement.Clone() : throw new JsonException($"{url} is no JSON object");
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    /// <param name="At">When they were asked for.</param>
    /// <param name="Keys">Those that are known; null when there never were any.</param>
    /// <param name="Failure">Why the last attempt failed; else empty.</param>
    private sealed record Fetched(long At, IReadOnlyList<SigningKey>? Keys, string Failure)
    {
        public bool IsDue(TimeProvider time, TimeSpan oldest) =>
            time.GetElapsedTime(At) >= (Failure.Length > 0 ? ShortestPause : oldest);
    }
}
