using System.Net;
using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

public static class ResponseStatus
{
    public static StapesException Failure(HttpResponseMessage response)
    {
        var url = PublicUrl.Of(response.RequestMessage!.RequestUri!);
        var status = $"{(int)response.StatusCode} {response.ReasonPhrase}";
        return response.StatusCode switch
        {
            HttpStatusCode.NotFound or HttpStatusCode.Gone => new(ErrorKind.NotFound, $"There is no {url}: the server answered {status}"),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(ErrorKind.Forbidden, $"{url} is not for us: the server answered {status}"),
            HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new(ErrorKind.Unavailable, $"The server failed with {url}: it answered {status}"),
            _ => new(ErrorKind.Invalid, $"{url} cannot be fetched: the server answered {status}"),
        };
    }
}
