using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Protocols.Incus.Client;
using Stapes.Protocols.Shared.Client;
using Stapes.Protocols.Simplestreams.Client;

namespace Stapes.Hosting;

/// <summary>Opens the servers that callers name: over the network only, and only where the guard lets them.</summary>
internal static class OutsideRemotes
{
    /// <param name="guard">Whether an IP address may be asked; null for all.</param>
    public static OpenRemote Opener(Func<IPAddress, bool>? guard) => address =>
    {
        var access = new HttpAccess(ServerAddress.Parse(address.Url)) { Guard = guard, PinnedCertificate = Certificate(address.Certificate) };
        return address.Protocol switch
        {
            "incus" or "lxd" => new IncusRemote(new(IncusConnection.To(access, address.Project == Image.DefaultProject ? null : address.Project), address.Secret)),
            "simplestreams" => SimplestreamsRemote.Of(access, cache: null, static _ => { }),
            _ => throw new StapesException(ErrorKind.Invalid, $"Invalid protocol: {address.Protocol}; use incus or simplestreams"),
        };
    };

    private static X509Certificate2? Certificate(string pem)
    {
        try
        {
            return pem.Length == 0 ? null : X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new StapesException(ErrorKind.Invalid, "The server's certificate that was given is none: send it in PEM", e);
        }
    }
}
