using System.Net;
using System.Net.Sockets;

namespace Stapes.Protocols.Shared.Client;

/// <summary>
/// Which IP addresses a server asks on behalf of somebody whom it does not trust with its own network: those that are open to everybody
/// (the special-purpose registries of RFC 6890 are not), and those that its configuration lists.
/// </summary>
public sealed class AddressGuard
{
    private static readonly IPNetwork[] NotPublic =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ]).Select(IPNetwork.Parse),
    ];

    /// <summary>What IPv6 has given out to the public so far.</summary>
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>An IPv4 address in its last four bytes, for networks that have IPv6 only (RFC 6052, section 2.1).</summary>
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    private readonly IReadOnlyList<IPNetwork> networks;
    private readonly IReadOnlyList<string> hosts;

    private AddressGuard(IReadOnlyList<IPNetwork> networks, IReadOnlyList<string> hosts)
    {
        this.networks = networks;
        this.hosts = hosts;
    }

    /// <summary>Nothing but what is open to everybody.</summary>
    public static AddressGuard PublicOnly { get; } = new([], []);

    /// <param name="allowed">Networks (<c>10.1.0.0/16</c>), addresses and names of hosts that may be asked too.</param>
    /// <exception cref="FormatException">One is none of these.</exception>
    public static AddressGuard Allowing(IEnumerable<string> allowed)
    {
        var (networks, hosts) = (new List<IPNetwork>(), new List<string>());
        foreach (var text in allowed)
        {
            if (IPNetwork.TryParse(text, out var network))
                networks.Add(network);
            else if (IPAddress.TryParse(text, out var address))
                networks.Add(new(address, address.AddressFamily is AddressFamily.InterNetwork ? 32 : 128));
            else if (!text.Contains('/', StringComparison.Ordinal) && Uri.CheckHostName(text) is UriHostNameType.Dns)
                hosts.Add(text);
            else
                throw new FormatException($"'{text}' is neither a network, an address nor the name of a host; write for example 10.1.0.0/16, 10.1.2.3 or images.lan");
        }

        return new(networks, hosts);
    }

    /// <summary>The addresses that may be asked in the next minutes: those of names are looked up now. To be asked of the address that is connected to.</summary>
    public async Task<Func<IPAddress, bool>> ResolveAsync(CancellationToken cancellation)
    {
        var named = new HashSet<IPAddress>();
        foreach (var host in hosts)
        {
            try
            {
                named.UnionWith((await Dns.GetHostAddressesAsync(host, cancellation)).Select(Plain));
            }
            catch (SocketException)
            {
                // A name without an address allows none.
            }
        }

        return address => Plain(address) is var plain && (IsPublic(plain) || named.Contains(plain) || networks.Any(n => n.Contains(plain)));
    }

    /// <summary>Whether an address is one of the open Internet.</summary>
    public static bool IsPublic(IPAddress address)
    {
        address = Plain(address);
        if (Translated.Contains(address))
            return IsPublic(new IPAddress(address.GetAddressBytes().AsSpan(12)));
        return (address.AddressFamily is AddressFamily.InterNetwork || GlobalUnicast.Contains(address)) && !NotPublic.Any(n => n.Contains(address));
    }

    private static IPAddress Plain(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        // Without the number of the interface, which networks do not have.
        return address.AddressFamily is AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? new IPAddress(address.GetAddressBytes()) : address;
    }
}
