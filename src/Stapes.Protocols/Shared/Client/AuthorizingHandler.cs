namespace Stapes.Protocols.Shared.Client;

/// <summary>Tells the server's own addresses who we are, and nobody else.</summary>
internal sealed class AuthorizingHandler(HttpAccess access, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = access.Addresses.FirstOrDefault(a => a.IsOriginOf(request.RequestUri!));
        if (address is not null && access.Authorize is { } authorize && await authorize(request, cancellationToken) is { } authorization)
            request.Headers.Authorization = authorization;
        else if (address is not null && address.TryGetPassword(out var password))
            request.Headers.Authorization = password;
        return await base.SendAsync(request, cancellationToken);
    }
}
