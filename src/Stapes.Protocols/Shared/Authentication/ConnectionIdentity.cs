using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core.Access;

namespace Stapes.Protocols.Shared.Authentication;

/// <summary>What was found out about the certificate of a connection, for all of its requests. A feature of the connection, set by the listener.</summary>
public sealed class ConnectionIdentity
{
    private volatile string? fingerprint;
    private volatile Signed? signed;
    private Dates? dates;

    /// <summary>SHA-256 of the certificate in DER, in lower-case hexadecimal digits.</summary>
    internal string FingerprintOf(X509Certificate2 certificate) =>
        fingerprint ??= Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    /// <summary>Whether it is within its dates; a connection may live longer than its certificate.</summary>
    internal bool IsValid(X509Certificate2 certificate)
    {
        dates ??= new(certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        var now = DateTime.UtcNow;
        return now >= dates.From && now <= dates.Until;
    }

    /// <summary>Whom an authority makes of the certificate; null for nobody. It is asked again when another one has taken its place.</summary>
    internal Caller? CallerOf(X509Certificate2 certificate, IClientAuthority authority)
    {
        if (signed is { } known && known.Authority == authority.Current)
            return known.Caller;
        var found = new Signed(authority.Current, authority.Find(certificate));
        signed = found;
        return found.Caller;
    }

    private sealed record Dates(DateTime From, DateTime Until);

    private sealed record Signed(object Authority, Caller? Caller);
}

/// <summary>
/// An authority that signs the certificates of clients (Incus: <c>core.trust_ca_certificates</c>). Where there is one, it alone says whose
/// certificate counts; the list of trusted ones can only restrict what its bearer may do.
/// </summary>
public interface IClientAuthority
{
    /// <summary>Another object after the authority or its list of revoked certificates changed.</summary>
    object Current { get; }

    /// <summary>Who a certificate stands for that the authority signed; null for others, and for those that it revoked.</summary>
    Caller? Find(X509Certificate2 certificate);
}
