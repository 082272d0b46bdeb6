using Stapes.Core;
using Stapes.Core.Remotes;
using Stapes.Core.Storage.FileSystem;
using Stapes.Protocols.Incus.Client;
using Stapes.Protocols.Oci.Client;
using Stapes.Protocols.Simplestreams.Tree;

namespace Stapes.Remotes;

/// <summary>Opens the places that images are copied to.</summary>
internal static class CopyTargets
{
    /// <param name="book">The remotes.</param>
    /// <param name="place">A directory, a registry, or a server that lets us write.</param>
    /// <param name="project">The project of the server; null for its own.</param>
    /// <exception cref="StapesException">Invalid: it can only be read.</exception>
    public static IImageTarget Open(RemoteBook book, RemotePlace place, string? project)
    {
        if (place.TreeDirectory is { } directory)
            return new TreeTarget(new(directory), book.Warn);
        StagedFile.CleanUp(ClientPaths.Transfers);
        if (place.Remote is { Protocol: ConfiguredRemote.Oci } registry)
            return OciRemotes.OpenTarget(book.AccessTo(registry), registry.CredentialsHelper, ClientPaths.Transfers);
        return new IncusTarget(book.OpenIncus(place, "take images", project ?? (place.Remote?.Project is { Length: > 0 } own ? own : null)), ClientPaths.Transfers);
    }
}
