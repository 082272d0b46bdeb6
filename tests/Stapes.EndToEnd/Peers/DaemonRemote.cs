using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd.Peers;

/// <summary>The Incus daemon as a remote on the network, that trusts the client of a store.</summary>
internal static class DaemonRemote
{
    public static async Task AddAsync(ServedStore store)
    {
        var printed = await store.IncusOutputAsync("config", "trust", "add", "local:" + Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal), "--quiet");
        await store.IncusOutputAsync("remote", "add", "daemon", printed.Trim().Split('\n')[^1]);
    }
}
