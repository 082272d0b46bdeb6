using System.Net;

namespace Stapes.Protocols.Shared.Client;

/// <summary>Tells the server's own addresses who we are, and nobody else. Those that do not believe it are told once more, if there is something better.</summary>
internal sealed class AuthorizingHandler(HttpAccess access, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (access.Addresses.FirstOrDefault(a => a.IsOriginOf(request.RequestUri!)) is not { } address)
            return await base.SendAsync(request, cancellationToken);
        await AuthorizeAsync(address, request, cancellationToken);
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode is not HttpStatusCode.Unauthorized || access.Renew is not { } renew || !await renew(request.Headers.Authorization, response.Headers, cancellationToken))
            return response;
        response.Dispose();
        await AuthorizeAsync(address, request, cancellationToken);
        return await base.SendAsync(request, cancellationToken);
    }

    private async ValueTask AuthorizeAsync(ServerAddress address, HttpRequestMessage request, CancellationToken cancellation)
    {
        if (access.Authorize is { } authorize && await authorize(request, cancellation) is { } authorization)
            request.Headers.Authorization = authorization;
        else if (address.TryGetPassword(out var password))
            request.Headers.Authorization = password;
    }
}
