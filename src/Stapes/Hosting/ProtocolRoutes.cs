using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stapes.Core.Library;
using Stapes.Core.Repositories;
using Stapes.Protocols.Incus.Server;
using Stapes.Protocols.Oci.Server;
using Stapes.Protocols.Shared.Authentication;
using Stapes.Protocols.Simplestreams.Serving;
using Stapes.Remotes;

namespace Stapes.Hosting;

/// <summary>The protocols that a server speaks, a line each.</summary>
internal static partial class ProtocolRoutes
{
    public static void MapProtocols(this IEndpointRouteBuilder routes, ServerSettings settings, ServerData data, IImageSource images, Func<ServerIdentity> identity)
    {
        var services = routes.ServiceProvider;
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Stapes.Remotes");
        routes.MapSimplestreams(images);
        routes.MapIncus(new()
        {
            Images = images,
            Library = data.Library,
            Access = data.Access,
            Follow = services.GetRequiredService<RequestAuthentication>().Follow,
            CanBeTrusted = services.GetRequiredService<RequestAuthentication>().CanBeTrusted,
            Attempts = services.GetRequiredService<FailedAttempts>(),
            Version = ProgramVersion.Text,
            Identity = identity,
            AuthMethods = settings.Oidc is null ? ["tls"] : ["tls", "oidc"],
            Outside = new(guard => RemoteProtocols.Opener(guard, line => LogRemote(logger, line)), settings.PullAllow),
            OperationJournal = Path.Combine(settings.Data, "operations"),
            RefreshInterval = settings.RefreshInterval,
        });
        routes.MapRegistry(new()
        {
            Library = data.Library,
            Policy = services.GetRequiredService<RepositoryPolicy>(),
            Tokens = services.GetRequiredService<RegistryTokens>(),
            Authenticate = services.GetRequiredService<RequestAuthentication>().AuthenticateAsync,
        });
    }

    [LoggerMessage(LogLevel.Warning, "{Line}")]
    private static partial void LogRemote(ILogger logger, string line);
}
