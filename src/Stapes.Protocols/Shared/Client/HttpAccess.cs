using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace Stapes.Protocols.Shared.Client;

/// <summary>How a server is reached, and what it is told of us: all that <see cref="HttpClients"/> needs, whatever the protocol.</summary>
/// <param name="Addresses">The server's addresses, in the order in which they are tried; at least one.</param>
public sealed record HttpAccess(IReadOnlyList<ServerAddress> Addresses)
{
    /// <summary>Set on a request to wait longer, or shorter, than <see cref="HttpPatience.Answer"/> for the headers of its answer.</summary>
    public static readonly HttpRequestOptionsKey<TimeSpan> AnswerWithin = new("Stapes.AnswerWithin");

    public HttpAccess(ServerAddress address)
        : this([address])
    {
    }

    /// <summary>The only certificate that these addresses may have, whatever its dates and names; null when authorities vouch for it.</summary>
    public X509Certificate2? PinnedCertificate { get; init; }

    /// <summary>What we show these addresses, and no others, to be known by; with its key.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>
    /// Authorizes requests to these addresses, and no others: asked for each, may answer null. Goes before a password of an address.
    /// </summary>
    public Func<HttpRequestMessage, CancellationToken, ValueTask<AuthenticationHeaderValue?>>? Authorize { get; init; }

    /// <summary>
    /// Told that one of these addresses answered 401, with what it was shown and the headers of its answer: whether <see cref="Authorize"/> has
    /// something better by now, so that the request is sent once more. Its body must be one that can be written twice. Null for no.
    /// </summary>
    public Func<AuthenticationHeaderValue?, HttpResponseHeaders, CancellationToken, ValueTask<bool>>? Renew { get; init; }

    /// <summary>
    /// Whether an IP address may be asked, after names are resolved and for redirects too; null for all. Proxies are then not used: they
    /// would resolve names themselves.
    /// </summary>
    public Func<IPAddress, bool>? Guard { get; init; }

    /// <summary>Finds the IP addresses of a name: asked once for each connection, which goes to what that answer held.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    public HttpPatience Patience { get; init; } = new();
}
