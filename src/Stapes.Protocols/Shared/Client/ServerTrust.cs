using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

/// <summary>Decides whether a server is the one that is meant, and whether it gets to see our certificate.</summary>
internal sealed class ServerTrust(HttpAccess access)
{
    /// <exception cref="StapesException">Forbidden: it is not, and why.</exception>
    public bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var host = ((SslStream)sender).TargetHostName;
        if (certificate is not X509Certificate2 leaf)
            throw Untrusted($"{host} shows no certificate: its address is not that of an image server");
        // The pin is for the server itself, not for those that it redirects to.
        if (access.PinnedCertificate is not { } pinned || !IsOurServer(host))
        {
            errors = TrustedRoots.Verify(leaf, chain!, errors, out var problem);
            return errors == SslPolicyErrors.None ? true : throw Untrusted($"The certificate of {host} is not trusted: {Reason(errors, leaf, problem)} (fingerprint {Fingerprint(leaf)}); compare the fingerprint with the server's own and accept the certificate (`stapes remote add` with --accept-certificate), or give the server one that an authority vouches for");
        }

        return leaf.RawDataMemory.Span.SequenceEqual(pinned.RawDataMemory.Span)
            ? true
            : throw Untrusted($"The certificate of {host} has changed: its fingerprint is {Fingerprint(leaf)}, not {Fingerprint(pinned)}; if the server really has a new one, remove the remote and add it again, otherwise somebody is in between");
    }

    public X509Certificate SelectOurs(object sender, string targetHost, X509CertificateCollection localCertificates, X509Certificate? remoteCertificate, string[] acceptableIssuers) =>
        IsOurServer(targetHost) ? access.ClientCertificate! : null!;

    /// <summary>SHA-256 over the certificate in DER, as Incus shows it.</summary>
    public static string Fingerprint(X509Certificate2 certificate) => certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256).ToLowerInvariant();

    private bool IsOurServer(string host) => access.Addresses.Any(a => a.Socket is null && string.Equals(a.Base.Host.Trim('[', ']'), host, StringComparison.OrdinalIgnoreCase));

    private static string Reason(SslPolicyErrors errors, X509Certificate2 leaf, X509ChainStatusFlags problem)
    {
        var now = DateTime.Now;
        if (leaf.NotAfter < now)
            return $"it expired on {leaf.NotAfter.ToUniversalTime():yyyy-MM-dd}";
        if (leaf.NotBefore > now)
            return $"it is not valid before {leaf.NotBefore.ToUniversalTime():yyyy-MM-dd}";
        if (leaf.SubjectName.RawData.AsSpan().SequenceEqual(leaf.IssuerName.RawData))
            return "it is self-signed";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return "it is that of another name";
        return problem is X509ChainStatusFlags.NotTimeValid ? "a certificate of its authority has expired"
            : $"no authority that is known here vouches for it ({problem})";
    }

    private static UntrustedServerException Untrusted(string message) => new(message);
}
