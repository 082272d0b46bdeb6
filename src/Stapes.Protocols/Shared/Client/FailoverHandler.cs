using System.Net;
using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

/// <summary>Asks the next address of a server when one fails, and stays with the one that answered.</summary>
internal sealed class FailoverHandler(IReadOnlyList<ServerAddress> addresses, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private int preferred;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var url = request.RequestUri!;
        if (addresses.Count == 1 || !addresses[0].Base.IsBaseOf(url))
            return await base.SendAsync(request, cancellationToken);
        var path = addresses[0].Base.MakeRelativeUri(url);
        var start = Volatile.Read(ref preferred);
        var failures = new List<string>();
        for (var i = 0; ; i++)
        {
            var index = (start + i) % addresses.Count;
            var isLast = i + 1 == addresses.Count;
            request.RequestUri = new(addresses[index].Base, path);
            request.Headers.Authorization = null;
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                if (isLast || !IsOnlyReading(request) || !HasFailed(response.StatusCode))
                {
                    Volatile.Write(ref preferred, index);
                    return response;
                }

                failures.Add(ResponseStatus.Failure(response).Message);
                response.Dispose();
            }
            catch (StapesException e) when (e is UnreachableServerException or UntrustedServerException || (e.Kind == ErrorKind.Unavailable && IsOnlyReading(request)))
            {
                failures.Add(e.Message);
                if (isLast)
                    throw new UnreachableServerException($"No address of the server works: {string.Join("; ", failures)}", e);
            }
        }
    }

    private static bool IsOnlyReading(HttpRequestMessage request) => request.Method == HttpMethod.Get || request.Method == HttpMethod.Head;

    private static bool HasFailed(HttpStatusCode status) =>
        status is HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;
}
