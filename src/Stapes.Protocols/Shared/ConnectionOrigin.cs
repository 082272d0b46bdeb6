using Microsoft.AspNetCore.Http;

namespace Stapes.Protocols.Shared;

/// <summary>By which door a connection came. A feature of the connection, set by the listener.</summary>
/// <param name="IsLocal">It came over a Unix socket: whoever may open that file may do everything.</param>
public sealed record ConnectionOrigin(bool IsLocal)
{
    public static ConnectionOrigin Network { get; } = new(IsLocal: false);

    public static ConnectionOrigin UnixSocket { get; } = new(IsLocal: true);
}

public static class ConnectionOriginExtensions
{
    /// <summary>The caller came over the Unix socket and is trusted. Anything else, also from loopback, is a stranger.</summary>
    public static bool IsLocal(this HttpContext context) => context.Features.Get<ConnectionOrigin>()?.IsLocal == true;
}
