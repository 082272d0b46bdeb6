using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Stapes.Hosting;

/// <summary>One place to listen at: <c>https://HOST:PORT</c>, <c>http://HOST:PORT</c> or <c>unix:/PATH</c>.</summary>
/// <param name="EndPoint">The address and port, or the path of a Unix socket.</param>
/// <param name="IsTls">HTTPS; the others are plain HTTP.</param>
internal sealed record ListenAddress(EndPoint EndPoint, bool IsTls)
{
    public const int DefaultPort = 8443;

    /// <summary>HTTPS on every address of the machine.</summary>
    public static ListenAddress Default { get; } = new(new IPEndPoint(Any, DefaultPort), IsTls: true);

    /// <summary>IPv6 and, through mapped addresses, IPv4; only the latter where the machine has no IPv6.</summary>
    private static IPAddress Any => Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;

    /// <summary>
    /// Reads an address. Without a scheme it is HTTPS; without a host, every address; without a port, 8443. A host is an IP address,
    /// in brackets if it is an IPv6 one, or <c>localhost</c>.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address)
    {
        address = null;
        if (text.StartsWith("unix:", StringComparison.Ordinal))
        {
            var path = text["unix:".Length..];
            if (path.StartsWith("//", StringComparison.Ordinal))
                path = path[2..];
            if (!Path.IsPathRooted(path))
                return false;
            address = new(new UnixDomainSocketEndPoint(path), IsTls: false);
            return true;
        }

        var isTls = !text.StartsWith("http://", StringComparison.OrdinalIgnoreCase);
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0 && isTls && !text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            return false;
        var rest = (scheme < 0 ? text : text[(scheme + 3)..]).TrimEnd('/');
        if (rest.Length == 0 || !TrySplit(rest, out var host, out var port))
            return false;
        if (host is "" or "*")
            address = new(new IPEndPoint(Any, port), isTls);
        else if (host is "localhost")
            address = new(new IPEndPoint(IPAddress.Loopback, port), isTls);
        else if (IPAddress.TryParse(host, out var ip))
            address = new(new IPEndPoint(ip, port), isTls);
        return address is not null;
    }

    public override string ToString() => EndPoint is UnixDomainSocketEndPoint ? $"unix:{EndPoint}" : $"{(IsTls ? "https" : "http")}://{EndPoint}";

    private static bool TrySplit(string text, out string host, out int port)
    {
        (host, port) = (text, DefaultPort);
        var colon = text.LastIndexOf(':');
        if (colon < 0 || text[colon..].Contains(']', StringComparison.Ordinal))
            return true;
        host = text[..colon];
        // More colons are an IPv6 address, which has to be in brackets to have a port.
        return (!host.Contains(':', StringComparison.Ordinal) || host.EndsWith(']'))
            && int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port <= IPEndPoint.MaxPort;
    }
}
