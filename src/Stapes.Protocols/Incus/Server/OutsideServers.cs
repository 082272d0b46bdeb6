using System.Net;
using Stapes.Core.Remotes;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Incus.Server;

/// <summary>How other servers are reached on behalf of callers.</summary>
/// <param name="Open">
/// Opens remotes. The predicate, where there is one, is asked about each IP address before it is connected to, after redirects too.
/// </param>
/// <param name="Guard">Where callers below admin may have the server go.</param>
public sealed record OutsideServers(Func<Func<IPAddress, bool>?, OpenRemote> Open, AddressGuard Guard);
