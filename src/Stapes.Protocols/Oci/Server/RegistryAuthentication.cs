using Microsoft.AspNetCore.Http;
using Stapes.Core.Repositories;
using Stapes.Protocols.Shared;

namespace Stapes.Protocols.Oci.Server;

/// <summary>Asks for credentials where a request needs some. Source: Docker Registry, «Token Authentication Specification», «How to authenticate».</summary>
internal static class RegistryAuthentication
{
    /// <exception cref="RegistryException">UNAUTHORIZED: its token has expired.</exception>
    public static RegistryAccess AccessOf(HttpContext context, RepositoryPolicy policy)
    {
        var grant = context.Features.Get<TokenGrant>();
        return grant is { IsExpired: true }
            ? throw Unauthorized(context, scope: null, "The token has expired: ask for a new one", "invalid_token")
            : new(context.Caller(), grant?.Scopes, policy);
    }

    /// <summary>Whether the request came with credentials, be it the token of a stranger.</summary>
    public static bool IsKnown(RegistryAccess access) => access.Caller.IsTrusted || access.Scopes is not null;

    /// <exception cref="RegistryException">UNAUTHORIZED where other credentials may help; else DENIED, or NAME_UNKNOWN of what is not to be seen.</exception>
    public static void Require(HttpContext context, RegistryAccess access, string action, string name)
    {
        if (access.May(action, name))
            return;
        if (!access.Caller.IsTrusted || access.MayEver(action, name))
        {
            var actions = action is RegistryAccess.Push ? "pull,push" : action;
            throw Unauthorized(context, $"repository:{name}:{actions}", $"You need to log in to {action} at {name}", access.Scopes is null ? null : "insufficient_scope");
        }

        throw access.MaySee(name)
            ? new RegistryException(403, "DENIED", $"You may not {action} at {name}: ask for the role publisher in its project")
            : RegistryException.NameUnknown(name);
    }

    public static RegistryException Unauthorized(HttpContext context, string? scope, string message, string? error = null) =>
        new(401, "UNAUTHORIZED", message) { Challenge = Challenge(context.Request, scope, error) };

    /// <summary>Sends the client to the token endpoint.</summary>
    public static string Challenge(HttpRequest request, string? scope, string? error)
    {
        var challenge = $"Bearer realm=\"{Scheme(request)}://{request.Host}{RegistryPath.Token}\",service=\"{request.Host}\"";
        if (scope is not null)
            challenge += $",scope=\"{scope}\"";
        return error is null ? challenge : $"{challenge},error=\"{error}\"";
    }

    /// <summary>Behind a proxy that ends TLS, clients must not be sent to plain HTTP. Nobody gains by claiming https.</summary>
    private static string Scheme(HttpRequest request) => request.Headers["X-Forwarded-Proto"] == "https" ? "https" : request.Scheme;
}
