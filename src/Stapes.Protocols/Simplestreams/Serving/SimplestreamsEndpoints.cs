using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stapes.Core.Library;
using Stapes.Protocols.Shared;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>The simplestreams server: an index of the images of a source that the caller may see, and their files.</summary>
public static class SimplestreamsEndpoints
{
    private static readonly Protocol Simplestreams = new("simplestreams", Protocol.WritePlainError);

    /// <summary>Maps <c>/streams/v1/index.json</c>, <c>/streams/v1/images.json</c> and <c>/images/SHA256.EXTENSION</c>, for GET and HEAD.</summary>
    /// <param name="endpoints">The server.</param>
    /// <param name="source">What to serve. It outlives the server.</param>
    public static RouteGroupBuilder MapSimplestreams(this IEndpointRouteBuilder endpoints, IImageSource source)
    {
        var views = new DocumentViews(source);
        endpoints.ServiceProvider.GetService<IdleMemory>()?.Register(views.Shrink);
        var group = endpoints.MapGroup("").WithProtocol(Simplestreams);
        group.MapMethods(IndexFile.Path, Reading, async context =>
            await (await views.Of(context.Caller().Audience).GetIndexAsync(context.RequestAborted)).SendAsync(context, context.RequestAborted));
        group.MapMethods(IndexFile.ImagesPath, Reading, async context =>
            await (await views.Of(context.Caller().Audience).GetProductsAsync(context.RequestAborted)).SendAsync(context, context.RequestAborted));
        group.MapMethods("images/{file}", Reading, context => SendFileAsync(context, source));
        return group;
    }

    private static string[] Reading => [HttpMethods.Get, HttpMethods.Head];

    private static async Task SendFileAsync(HttpContext context, IImageSource source)
    {
        var audience = context.Caller().Audience;
        var name = context.GetRouteValue("file") as string ?? "";
        await using var blob = FileName.TryParse(name, out var digest) ? await source.OpenBlobAsync(digest, audience, context.RequestAborted) : null;
        if (blob is null)
        {
            // A cache that remembers this would hide an image that is added again.
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.AccessControlAllowOrigin = "*";
            await Simplestreams.WriteError(context, StatusCodes.Status404NotFound, "There is no such file; fetch streams/v1/images.json again");
            return;
        }

        var isPrivate = !audience.Equals(Core.Library.Audience.Everyone);
        await BlobResponse.SendAsync(context, new(blob, digest) { IsPrivate = isPrivate }, context.RequestAborted);
    }
}
