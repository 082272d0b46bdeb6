using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Hosting;

/// <summary>
/// The certificate of a server that was given none, as Incus makes its own: ECDSA P-384, ten years, for the host name and loopback.
/// Clients pin it, so it is made once and kept.
/// </summary>
internal static class SelfSignedCertificate
{
    /// <summary>The files <c>server.crt</c> and <c>server.key</c> of the data directory; made when neither exists.</summary>
    /// <exception cref="StapesException">One of the two is missing, or they cannot be written.</exception>
    public static CertificateFiles FindOrCreate(string data)
    {
        var files = new CertificateFiles(Path.Combine(data, "server.crt"), Path.Combine(data, "server.key"));
        var (hasCertificate, hasKey) = (File.Exists(files.Certificate), File.Exists(files.Key));
        if (hasCertificate && hasKey)
            return files;
        // The key is written first: a key alone is a start that was cut short, and no client has seen it.
        if (hasCertificate)
        {
            throw new StapesException(ErrorKind.Unavailable,
                $"The key {files.Key} is missing beside {files.Certificate}: restore it, or delete the certificate to get a new pair");
        }

        try
        {
            Create(data, files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StapesException(ErrorKind.Unavailable, $"Could not write the server's certificate to {data}: {e.Message}", e);
        }

        return files;
    }

    private static void Create(string data, CertificateFiles files)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var host = Environment.MachineName;
        var subject = new X500DistinguishedNameBuilder();
        // Built from the last name to the first.
        subject.AddCommonName($"{Environment.UserName}@{host}");
        subject.AddOrganizationName("Linux Containers");
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([Oid.FromFriendlyName("TLS Web Server Authentication", OidGroup.EnhancedKeyUsage)], critical: false));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now, now.AddDays(3650));

        Write(files.Key, key.ExportECPrivateKeyPem(), SecretFile.OwnerOnly);
        Write(files.Certificate, certificate.ExportCertificatePem(), SecretFile.OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        DurableDirectory.Flush(data);
    }

    private static void Write(string path, string pem, UnixFileMode mode) => SecretFile.Write(path, System.Text.Encoding.ASCII.GetBytes(pem + "\n"), mode);
}
