using System.Net;
using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

/// <summary>Follows redirects of requests that only read, a few times, never out of TLS, and without what another host must not see.</summary>
internal sealed class RedirectHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int Most = 10;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var first = request.RequestUri!;
        for (var count = 1; ; count++)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.Method != HttpMethod.Get && request.Method != HttpMethod.Head)
                return response;
            if (!IsRedirect(response.StatusCode) || response.Headers.Location is not { } location)
                return response;
            response.Dispose();
            if (count > Most)
                throw new StapesException(ErrorKind.Unavailable, $"{PublicUrl.Of(first)} redirects {Most} times and more, perhaps in a circle: the server has to be put right");
            Redirect(request, location);
        }
    }

    // RFC 9110, section 15.4.
    private static bool IsRedirect(HttpStatusCode status) => (int)status is 301 or 302 or 303 or 307 or 308;

    private static void Redirect(HttpRequestMessage request, Uri location)
    {
        var from = request.RequestUri!;
        var to = new UriBuilder(new Uri(from, location)) { UserName = "", Password = "" }.Uri;
        if (to.Scheme is not ("https" or "http") || (from.Scheme == "https" && to.Scheme == "http"))
            throw new StapesException(ErrorKind.Invalid, $"{PublicUrl.Of(from)} redirects to {PublicUrl.Of(to)}, out of TLS: name the other server yourself if you trust it");
        // The handler behind this one adds it again where it belongs.
        request.Headers.Authorization = null;
        request.RequestUri = to;
    }
}
