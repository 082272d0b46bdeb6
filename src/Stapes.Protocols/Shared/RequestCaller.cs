using Microsoft.AspNetCore.Http;
using Stapes.Core.Access;

namespace Stapes.Protocols.Shared;

/// <summary>The caller of a request, found once by the host before any protocol sees the request.</summary>
public static class RequestCaller
{
    /// <summary>Who sent it; a stranger where the host did not say.</summary>
    public static Caller Caller(this HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<Caller>() ?? Core.Access.Caller.Stranger;
    }
}
