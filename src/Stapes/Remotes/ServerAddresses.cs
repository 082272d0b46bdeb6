using Stapes.Core.Remotes;
using Stapes.Protocols.Incus.Client;

namespace Stapes.Remotes;

/// <summary>How servers reach each other: by the addresses that we know them by, and by those that they themselves tell.</summary>
internal static class ServerAddresses
{
    /// <param name="book">The remotes.</param>
    /// <param name="place">A server.</param>
    /// <param name="project">The project of its images.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Ours first; nothing when the server does not listen on the network.</returns>
    public static async Task<IReadOnlyList<RemoteAddress>> OfAsync(RemoteBook book, RemotePlace place, string project, CancellationToken cancellation)
    {
        var remote = place.Remote!;
        var pinned = book.PinnedPem(remote.Name);
        var known = remote.Addresses.Where(static a => !a.StartsWith("unix:", StringComparison.Ordinal))
            .Select(a => new RemoteAddress(new(a), remote.Protocol) { Certificate = pinned, Project = project }).ToList();
        if (!place.IsIncus || remote.Public)
            return known;
        using var server = new IncusServer(IncusConnection.To(book.AccessTo(remote)));
        var told = (await server.GetAsync(cancellation)).Environment;
        var more = (told?.Addresses ?? []).Select(a => new RemoteAddress(new($"https://{a}"), remote.Protocol)
        {
            Certificate = pinned.Length > 0 ? pinned : remote.IsUnix ? told!.Certificate : "",
            Project = project,
        });
        return [.. known.Concat(more).DistinctBy(static a => a.Url)];
    }
}
