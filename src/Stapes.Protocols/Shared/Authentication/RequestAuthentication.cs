using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Access;
using Stapes.Protocols.Shared.Authentication.Oidc;

namespace Stapes.Protocols.Shared.Authentication;

/// <summary>
/// Finds out who sent a request: once, before routing, for every protocol. The answer is a <see cref="Caller"/> in the features of the
/// request, or <see cref="RefusedCredentials"/>.
/// </summary>
/// <param name="access">Who is known.</param>
/// <param name="attempts">Slows down those who guess.</param>
/// <param name="authority">Vouches for certificates that it signed; null for none.</param>
/// <param name="bearers">Check bearer tokens that are no access tokens, in this order.</param>
public sealed class RequestAuthentication(AccessControl access, FailedAttempts attempts, IClientAuthority? authority, IReadOnlyList<BearerVerifier> bearers)
{
    /// <summary>Completes at once unless an issuer has to be asked.</summary>
    public ValueTask AuthenticateAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        // The path is cleaned for everybody, because it is logged.
        var credential = Credential.Take(context.Request);
        if (context.IsLocal())
        {
            context.Features.Set(Caller.Local);
            return ValueTask.CompletedTask;
        }

        if (IsFromOtherSite(context.Request) && credential is not { IsInPath: true })
        {
            context.Features.Set(Caller.Stranger);
            return ValueTask.CompletedTask;
        }

        if (credential is null)
        {
            context.Features.Set(FindByCertificate(context.Connection.ClientCertificate, context.Features.Get<ConnectionIdentity>()) ?? Caller.Stranger);
            return ValueTask.CompletedTask;
        }

        return CheckAsync(context, credential);
    }

    /// <summary>
    /// For what goes on for long, also after the request: who its sender is by then, which it tells whenever it is called; null for nobody
    /// any more. Safe for use from everywhere.
    /// </summary>
    public Func<Caller?> Follow(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var caller = context.Caller();
        if (caller.Method is not CallerMethod.Tls || context.Connection.ClientCertificate is not { } certificate)
            return () => access.Renew(caller);
        var connection = context.Features.Get<ConnectionIdentity>();
        // That of the connection goes with it.
        var kept = authority is null ? certificate : X509CertificateLoader.LoadCertificate(certificate.RawDataMemory.Span);
        return () => FindByCertificate(kept, connection);
    }

    /// <summary>Whether a sender would be known if its certificate were trusted: where there is an authority, only if that signed it.</summary>
    public bool CanBeTrusted(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return authority is null
            || (context.Connection.ClientCertificate is { } certificate && context.Features.Get<ConnectionIdentity>()?.CallerOf(certificate, authority) is not null);
    }

    private async ValueTask CheckAsync(HttpContext context, Credential credential)
    {
        var address = context.Connection.RemoteIpAddress;
        if (attempts.WaitFor(address) is { } wait)
        {
            Refuse(context, RefusedCredentials.TooMany(wait));
            return;
        }

        var caller = access.FindToken(credential.Secret);
        for (var i = 0; caller is null && credential.IsBearer && i < bearers.Count; i++)
        {
            try
            {
                caller = await bearers[i](context, credential.Secret, context.RequestAborted);
            }
            catch (StapesException e)
            {
                // No attempt to guess: an issuer's signature cannot be guessed, and clients come with expired tokens every day.
                Refuse(context, new(e is RejectedTokenException ? StatusCodes.Status401Unauthorized : ErrorStatus.Of(e.Kind), e.Message));
                return;
            }
        }

        if (caller is null)
        {
            attempts.Note(address);
            Refuse(context, credential.IsInPath ? RefusedCredentials.WrongPath : RefusedCredentials.Wrong);
            return;
        }

        context.Features.Set(caller);
    }

    private Caller? FindByCertificate(X509Certificate2? certificate, ConnectionIdentity? connection)
    {
        if (certificate is null || connection is null || !connection.IsValid(certificate))
            return null;
        var listed = access.FindCertificate(connection.FingerprintOf(certificate));
        return authority is null ? listed : connection.CallerOf(certificate, authority) is { } signed ? listed ?? signed : null;
    }

    /// <summary>
    /// A browser adds certificates and passwords to requests that any page makes it send, and says so (Fetch Metadata, section 2.4): those
    /// are not the will of whom they name. Of websockets not all browsers say it, but each names the page's origin (RFC 6455, section 4.1).
    /// </summary>
    private static bool IsFromOtherSite(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site)
            return site is not ("same-origin" or "none");
        return request.Headers.Origin.ToString() is { Length: > 0 } origin
            && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    private static void Refuse(HttpContext context, RefusedCredentials refused)
    {
        context.Features.Set(Caller.Stranger);
        context.Features.Set(refused);
    }
}

/// <summary>Finds the caller that a bearer token stands for which is no access token, such as what an OIDC issuer signed.</summary>
/// <returns>Null when it is worth nothing.</returns>
/// <exception cref="RejectedTokenException">Likewise, and why; the caller may get another one.</exception>
/// <exception cref="StapesException">Forbidden: whoever it names may do nothing here. Unavailable: it cannot be checked now.</exception>
public delegate ValueTask<Caller?> BearerVerifier(HttpContext context, string token, CancellationToken cancellation);
