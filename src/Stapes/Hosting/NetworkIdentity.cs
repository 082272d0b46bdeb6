using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Stapes.Protocols.Incus.Server;

namespace Stapes.Hosting;

/// <summary>Under which addresses other machines reach a server. Source: Incus REST API, <c>environment.addresses</c>.</summary>
internal static class NetworkIdentity
{
    /// <param name="listening">The URLs that the server listens at; only HTTPS ones count.</param>
    /// <param name="certificate">What it greets them with.</param>
    public static ServerIdentity Of(IEnumerable<string> listening, ServerCertificate certificate) => new(
        [.. listening.Where(static a => a.StartsWith("https://", StringComparison.Ordinal)).SelectMany(static a => Addresses(new Uri(a))).Distinct()],
        certificate.Pem,
        certificate.Fingerprint);

    private static IEnumerable<string> Addresses(Uri listening)
    {
        if (!IPAddress.TryParse(listening.Host.Trim('[', ']'), out var address))
            return [listening.Authority];
        if (!address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
            return [new IPEndPoint(address, listening.Port).ToString()];
        var own = NetworkInterface.GetAllNetworkInterfaces()
            .Where(static i => i.OperationalStatus is OperationalStatus.Up)
            .SelectMany(static i => i.GetIPProperties().UnicastAddresses)
            .Select(static a => a.Address)
            .Where(a => !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal && (address.AddressFamily is AddressFamily.InterNetworkV6 || a.AddressFamily is AddressFamily.InterNetwork))
            .DefaultIfEmpty(IPAddress.Loopback);
        return own.Select(a => new IPEndPoint(a, listening.Port).ToString());
    }
}
