using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core.Access;

namespace Stapes.Protocols.Shared.Authentication;

/// <summary>What was found out about the certificate of a connection, for all of its requests. A feature of the connection, set by the listener.</summary>
public sealed class ConnectionIdentity
{
    private volatile string? fingerprint;
    private volatile Signed? signed;

    /// <summary>SHA-256 of the certificate in DER, in lower-case hexadecimal digits.</summary>
    internal string FingerprintOf(X509Certificate2 certificate) =>
        fingerprint ??= Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    /// <summary>Whom an authority makes of the certificate; null for nobody. It is asked again when another one has taken its place.</summary>
    internal Caller? CallerOf(X509Certificate2 certificate, IClientAuthority authority)
    {
        if (signed is { } known && known.Authority == authority.Current)
            return known.Caller;
        var found = new Signed(authority.Current, authority.Find(certificate));
        signed = found;
        return found.Caller;
    }

    private sealed record Signed(object Authority, Caller? Caller);
}

/// <summary>Who vouches for clients beside the list of trusted certificates: an authority that signed theirs.</summary>
public interface IClientAuthority
{
    /// <summary>Another object after the authority or its list of revoked certificates changed.</summary>
    object Current { get; }

    /// <summary>Whether a certificate was revoked, also one that is trusted by itself.</summary>
    bool IsRevoked(X509Certificate2 certificate);

    /// <summary>Who a certificate stands for that the authority signed; null for others, and for those that it revoked.</summary>
    Caller? Find(X509Certificate2 certificate);
}
