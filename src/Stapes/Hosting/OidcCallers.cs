using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Access;
using Stapes.Protocols.Shared.Authentication.Oidc;

namespace Stapes.Hosting;

/// <summary>Who the users of an OpenID Connect issuer are here: those whom an administrator added by name, and perhaps all others too.</summary>
/// <param name="verifier">Knows the issuer.</param>
/// <param name="access">Knows the added ones.</param>
/// <param name="others">What all others may do; null for nothing.</param>
internal sealed class OidcCallers(OidcVerifier verifier, AccessControl access, Role? others)
{
    /// <exception cref="RejectedTokenException">The token proves nothing.</exception>
    /// <exception cref="StapesException">Forbidden: its bearer may do nothing here. Unavailable: the issuer is away.</exception>
    public async ValueTask<Caller?> FindAsync(HttpContext context, string token, CancellationToken cancellation)
    {
        var user = await verifier.VerifyAsync(token, context.Connection.RemoteIpAddress, cancellation);
        if (access.FindSubject(user.Name) is { } known)
            return known;
        return others is { } role
            ? new Caller { Name = user.Name, Id = user.Name, Method = CallerMethod.Oidc, Role = role }
            : throw new StapesException(ErrorKind.Forbidden, $"{user.Name} may do nothing on this server: ask its administrator to add that name");
    }

    /// <summary>Tells those whom an answer refuses how to sign in.</summary>
    public static RequestDelegate AddChallenge(RequestDelegate next, OidcOptions options) => context =>
    {
        context.Response.OnStarting(() =>
        {
            if (context.Response.StatusCode is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden)
                options.WriteChallenge(context.Response.Headers);
            return Task.CompletedTask;
        });
        return next(context);
    };
}
