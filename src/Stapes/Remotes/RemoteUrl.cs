using Stapes.Core;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Remotes;

/// <summary>Addresses of remotes as people write them. Source: Incus, <c>cmd/incus/remote.go</c>.</summary>
internal static class RemoteUrl
{
    private const int IncusPort = 8443;

    /// <returns>The same as URLs.</returns>
    /// <exception cref="StapesException">Invalid.</exception>
    public static IReadOnlyList<string> Normalize(IReadOnlyList<string> addresses, string protocol)
    {
        IReadOnlyList<string> urls = protocol == ConfiguredRemote.Incus ? [.. addresses.Select(OfIncus)] : [.. addresses.Select(a => OfImages(a, protocol))];
        if (urls.Count > 1 && urls.Any(static u => !u.StartsWith("https:", StringComparison.Ordinal) && !u.StartsWith("http:", StringComparison.Ordinal)))
            throw new StapesException(ErrorKind.Invalid, "Several addresses must all be https:// URLs: only servers on the network stand in for each other");
        return urls;
    }

    private static string OfImages(string address, string protocol)
    {
        if (protocol == ConfiguredRemote.Simplestreams && (address is ['/' or '.', ..] || address.StartsWith("file://", StringComparison.Ordinal)))
            return new Uri(Path.GetFullPath(address.StartsWith("file://", StringComparison.Ordinal) ? new Uri(address).LocalPath : address)).AbsoluteUri;
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("https" or "http"))
            throw new StapesException(ErrorKind.Invalid, $"{PublicUrl.Of(address)} is no URL for {protocol}: use https://{(protocol == ConfiguredRemote.Simplestreams ? ", or file:// for a directory" : "")}");
        ServerAddress.Parse(url);
        return address.Contains(',', StringComparison.Ordinal) ? throw new StapesException(ErrorKind.Invalid, $"{PublicUrl.Of(address)} has a comma: give several addresses as several words, and a comma in a password as %2C") : address;
    }

    private static string OfIncus(string address)
    {
        if (address.StartsWith("unix:", StringComparison.Ordinal) || address is ['/', ..])
            return "unix://" + (address is ['/', ..] ? address : address["unix:".Length..] is var path && path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path);
        if (address.Length == 0)
            throw new StapesException(ErrorKind.Invalid, "Addresses cannot be empty");
        var full = address.Contains("://", StringComparison.Ordinal) ? address : $"https://{Bracketed(address)}";
        if (!Uri.TryCreate(full, UriKind.Absolute, out var url) || url.Scheme != "https" || url.Host.Length == 0)
            throw new StapesException(ErrorKind.Invalid, $"{PublicUrl.Of(address)} is no address of an Incus server: give a host, host:port or https:// URL");
        // The parser does not tell a port that is there from the one of HTTPS.
        var host = full["https://".Length..].Split('/', '?', '#')[0];
        return $"https://{url.Host}:{(host.LastIndexOf(':') > host.LastIndexOf(']') ? url.Port : IncusPort)}";
    }

    // An IPv6 address may come without its brackets.
    private static string Bracketed(string address) => address.Count(static c => c == ':') > 1 && address[0] != '[' ? $"[{address}]" : address;
}
