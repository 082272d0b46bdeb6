using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Protocols.Incus.Client;

namespace Stapes.Remotes;

/// <summary>The way that images take from one place to another, in the words of the Incus client: pull, push, or relay.</summary>
/// <param name="book">The remotes.</param>
/// <param name="source">Where the images are.</param>
/// <param name="target">Where they go.</param>
/// <param name="targetProject">The project that they go to; null for the target's own.</param>
internal sealed class CopyRoute(RemoteBook book, RemotePlace source, RemotePlace target, string? targetProject)
{
    public const string Pull = "pull";
    public const string Push = "push";
    public const string Relay = "relay";

    /// <summary>How the servers copy among themselves.</summary>
    /// <param name="mode">The wanted mode; null for the target's pulling if that is possible, and else our relaying.</param>
    /// <param name="from">The source, opened.</param>
    /// <param name="to">The target, opened.</param>
    /// <param name="type">The type that the image was asked for with; null for any.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Null when the bytes pass through us.</returns>
    /// <exception cref="StapesException">Invalid: the mode is impossible between these places.</exception>
    public async Task<DirectCopy?> FindAsync(string? mode, IRemote from, IImageTarget to, ImageType? type, CancellationToken cancellation)
    {
        // Relayed, an application image arrives as what Incus launches: the target needs no tools for it, and no login to the registry.
        if (mode == Relay || (mode is null && source.Remote?.Protocol == ConfiguredRemote.Oci))
            return null;
        if (to is not IncusTarget server || source.TreeDirectory is not null)
        {
            var place = to is IncusTarget ? source : target;
            return mode is null ? null
                : throw new StapesException(ErrorKind.Invalid, $"{place.Name} is a {(place.TreeDirectory is null ? "registry" : "directory")}, which no server can {(to is IncusTarget ? "reach" : "write")}: leave out --mode {mode}, or say --mode {Relay}");
        }

        if (mode == Push)
            return await PushAsync(from, server, cancellation);
        var addresses = await ServerAddresses.OfAsync(book, source, ProjectOf(source, own: null), cancellation);
        if (addresses.Count > 0)
            return DirectCopies.Pull(server.Server, addresses, type, from is IncusRemote { Client: var client } ? (image, token) => client.CreateSecretAsync(image.Fingerprint.Hex, token) : null);
        return mode is null ? null
            : throw new StapesException(ErrorKind.Invalid, $"The source server {source.Name} isn't listening on the network: use --mode {Relay}, or set its core.https_address");
    }

    private async Task<DirectCopy> PushAsync(IRemote from, IncusTarget to, CancellationToken cancellation)
    {
        if (from is not IncusRemote { Client: var client })
            throw new StapesException(ErrorKind.Invalid, $"The remote \"{source.Name}\" speaks {source.Remote!.Protocol}, which can only be read: it cannot push; leave out --mode {Push}");
        var addresses = await ServerAddresses.OfAsync(book, target, ProjectOf(target, targetProject), cancellation);
        return addresses.Count > 0
            ? DirectCopies.Push(client, to.Server, addresses[0])
            : throw new StapesException(ErrorKind.Invalid, $"The target server {target.Name} isn't listening on the network: use --mode {Relay}, or set its core.https_address");
    }

    private static string ProjectOf(RemotePlace place, string? own) =>
        own ?? (place.Remote!.Project is { Length: > 0 } project ? project : Image.DefaultProject);
}
