using Stapes.Core;
using Stapes.Protocols.Shared.Authentication.Oidc;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Incus.Client.Oidc;

/// <summary>A login for which the user goes to a page of the issuer, with any browser, while we wait (RFC 8628).</summary>
/// <param name="issuer">The issuer.</param>
/// <param name="prompt">Is told what the user has to read; one line each.</param>
/// <param name="time">The clock.</param>
internal sealed class DeviceLogin(OidcIssuer issuer, Action<string> prompt, TimeProvider time)
{
    // RFC 8628, sections 3.2 and 3.5.
    private static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <exception cref="StapesException">Forbidden: the user did not log in. Unavailable: the issuer fails.</exception>
    public async Task<OidcTokens> RunAsync(CancellationToken cancellation)
    {
        var code = await issuer.BeginAsync(cancellation);
        if (code.Error is not null)
            throw issuer.Failure(code);
        if (code.DeviceCode is not { Length: > 0 } device || code.UserCode is not { Length: > 0 } shown || Page(code) is not { } page)
            throw new StapesException(ErrorKind.Unavailable, $"The issuer {issuer.Name} does not say where to log in: its administrator has to allow logins of devices");
        prompt($"URL: {OneLine.Of(page.AbsoluteUri)}");
        prompt($"Code: {OneLine.Of(shown)}");
        return await WaitAsync(device, code, cancellation);
    }

    private async Task<OidcTokens> WaitAsync(string device, DeviceCodeRecord code, CancellationToken cancellation)
    {
        var interval = code.Interval is { } seconds ? TimeSpan.FromSeconds(Math.Clamp(seconds, 1, LongestInterval.TotalSeconds)) : UsualInterval;
        var end = time.GetUtcNow() + TimeSpan.FromSeconds(Math.Clamp(code.ExpiresIn, 1, LongestWait.TotalSeconds));
        while (true)
        {
            await Task.Delay(interval, time, cancellation);
            if (time.GetUtcNow() >= end)
                throw Expired();
            if (await TryRedeemAsync(device, cancellation) is not { } answer)
            {
                interval = interval * 2 < LongestInterval ? interval * 2 : LongestInterval;
                continue;
            }

            switch (answer.Error)
            {
                case null:
                    return OidcTokens.Of(answer, issuer.Name, time.GetUtcNow());
                case "authorization_pending":
                    break;
                case "slow_down":
                    interval += UsualInterval;
                    break;
                case "access_denied":
                    throw new StapesException(ErrorKind.Forbidden, $"The login was denied at {issuer.Name}: try again, and agree there");
                case "expired_token":
                    throw Expired();
                default:
                    throw issuer.Failure(answer);
            }
        }
    }

    /// <returns>Null when the issuer could not be reached: it is asked again, more rarely (RFC 8628, section 3.5).</returns>
    private async Task<TokenRecord?> TryRedeemAsync(string device, CancellationToken cancellation)
    {
        try
        {
            return await issuer.RedeemAsync(device, cancellation);
        }
        catch (StapesException e) when (e is UnreachableServerException or BrokenConnectionException)
        {
            return null;
        }
    }

    private StapesException Expired() => new(ErrorKind.Forbidden, $"Nobody logged in at {issuer.Name} in time, and the code has expired: try again");

    private static Uri? Page(DeviceCodeRecord code) =>
        Uri.TryCreate(code.VerificationUriComplete ?? code.VerificationUri, UriKind.Absolute, out var page) && OidcVerifier.IsAcceptable(page) ? page : null;
}
