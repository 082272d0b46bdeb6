using System.Net.Http.Headers;
using Stapes.Core;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Incus.Client.Oidc;

/// <summary>
/// Requests of a user who has logged in at an issuer. They carry the access token; when the server refuses it, it is renewed, or else the
/// user is asked to log in, and the request is sent again. Safe for many requests at once. Source: Incus, <c>client/incus_oidc.go</c>.
/// </summary>
/// <param name="remote">What the user calls the server.</param>
/// <param name="store">Keeps the login.</param>
/// <param name="prompt">Is told what the user has to read to log in, one line each; null when nobody would.</param>
/// <param name="time">The clock.</param>
public sealed class OidcLogin(string remote, ITokenStore store, Action<string>? prompt, TimeProvider time)
{
    private readonly Lock sync = new();
    private volatile OidcTokens? current = store.Read();
    private Task? renewal;

    /// <summary>The same access, with the login.</summary>
    /// <exception cref="StapesException">Invalid: a token would travel unencrypted.</exception>
    public HttpAccess AddTo(HttpAccess access)
    {
        ArgumentNullException.ThrowIfNull(access);
        return access.Addresses.FirstOrDefault(static a => a.Base.Scheme != Uri.UriSchemeHttps) is { } plain
            ? throw new StapesException(ErrorKind.Invalid, $"{plain} would get a login unencrypted: use https://")
            : access with { Authorize = (_, _) => ValueTask.FromResult<AuthenticationHeaderValue?>(Authorization()), Renew = RenewAsync };
    }

    /// <summary>Without a token it asks to be told how to get one.</summary>
    private AuthenticationHeaderValue Authorization() => current is { CanBeSent: true } tokens ? new("Bearer", tokens.AccessToken) : new("Bearer");

    /// <summary>Gets something better than what was refused.</summary>
    /// <returns>False when the server knows no such login.</returns>
    /// <exception cref="StapesException">Forbidden: the user has to log in, or did not. Unavailable: the issuer fails.</exception>
    private async ValueTask<bool> RenewAsync(AuthenticationHeaderValue? refused, HttpResponseHeaders answer, CancellationToken cancellation)
    {
        if (OidcChallenge.TryRead(answer) is not { } challenge)
            return false;
        while (true)
        {
            try
            {
                await Renewal(challenge, refused?.Parameter, cancellation).WaitAsync(cancellation);
                return true;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // The request that began it was given up: this one is not.
            }
        }
    }

    /// <summary>One for all requests that were refused, so that no user is asked twice.</summary>
    private Task Renewal(OidcChallenge challenge, string? refused, CancellationToken cancellation)
    {
        lock (sync)
        {
            if (Authorization().Parameter != refused)
                return Task.CompletedTask;
            return renewal is { IsCompleted: false } ? renewal : renewal = RenewAsync(challenge, refused, cancellation);
        }
    }

    private async Task RenewAsync(OidcChallenge challenge, string? refused, CancellationToken cancellation) =>
        current = await RefreshAsync(challenge, refused, cancellation) ?? await LogInAsync(challenge, cancellation);

    /// <returns>Null when the user has to log in.</returns>
    private async Task<OidcTokens?> RefreshAsync(OidcChallenge challenge, string? refused, CancellationToken cancellation)
    {
        using var turn = await store.TakeTurnAsync(cancellation);
        if (store.Read() is not { } kept)
            return null;
        // Another program was faster.
        if (kept.CanBeSent && kept.AccessToken != refused)
            return kept;
        if (kept.RefreshToken is not { Length: > 0 } token || !kept.MayBeOf(challenge.Issuer))
            return null;
        using var issuer = await OidcIssuer.FindAsync(challenge, cancellation);
        // Once it is used, the old token is worth nothing: what comes for it has to be kept, whoever does not want it any more.
        var answer = await issuer.RefreshAsync(token, CancellationToken.None);
        if (answer.Error is not null)
            return null;
        var renewed = kept.With(answer, issuer.Name, time.GetUtcNow());
        store.Write(renewed);
        return renewed;
    }

    private async Task<OidcTokens> LogInAsync(OidcChallenge challenge, CancellationToken cancellation)
    {
        if (prompt is null)
            throw new StapesException(ErrorKind.Forbidden, $"There is no login to \"{remote}\", or it has ended: run `stapes image list {remote}:` in a terminal to log in");
        using var issuer = await OidcIssuer.FindAsync(challenge, cancellation);
        var tokens = await new DeviceLogin(issuer, prompt, time).RunAsync(cancellation);
        using var turn = await store.TakeTurnAsync(cancellation);
        store.Write(tokens);
        return tokens;
    }
}
