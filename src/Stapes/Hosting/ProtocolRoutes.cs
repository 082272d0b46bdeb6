using Microsoft.AspNetCore.Routing;
using Stapes.Core.Library;
using Stapes.Protocols.Incus.Server;
using Stapes.Protocols.Simplestreams.Serving;

namespace Stapes.Hosting;

/// <summary>The protocols that a server speaks, a line each.</summary>
internal static class ProtocolRoutes
{
    public static void MapProtocols(this IEndpointRouteBuilder routes, ImageLibrary library, IImageSource images, Func<ServerIdentity> identity)
    {
        routes.MapSimplestreams(images);
        routes.MapIncus(new() { Images = images, Library = library, Version = ProgramVersion.Text, Identity = identity });
    }
}
