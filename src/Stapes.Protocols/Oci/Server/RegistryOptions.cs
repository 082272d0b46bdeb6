using Microsoft.AspNetCore.Http;
using Stapes.Core.Library;
using Stapes.Core.Repositories;

namespace Stapes.Protocols.Oci.Server;

/// <summary>What the registry serves, and to whom.</summary>
public sealed record RegistryOptions
{
    public required ImageLibrary Library { get; init; }

    public RepositoryLibrary Repositories => Library.Repositories;

    public RepositoryPolicy Policy { get; init; } = RepositoryPolicy.Private;

    /// <summary>Its own tokens, which the host takes for credentials too.</summary>
    public required RegistryTokens Tokens { get; init; }

    /// <summary>Finds out again who sent a request, after its credentials came in a form.</summary>
    public required Func<HttpContext, ValueTask> Authenticate { get; init; }
}
