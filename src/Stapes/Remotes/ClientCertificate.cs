using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;

namespace Stapes.Remotes;

/// <summary>The certificates by which servers know this user.</summary>
internal static class ClientCertificate
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    public static bool Exists(ClientPaths paths) => File.Exists(paths.Certificate) && File.Exists(paths.Key);

    /// <summary>The one for this remote, else the one for all; null when there is none.</summary>
    /// <exception cref="StapesException">Invalid: the files are no pair of certificate and key.</exception>
    public static X509Certificate2? Find(ClientPaths paths, string remote) =>
        File.Exists(paths.RemoteCertificate(remote)) && File.Exists(paths.RemoteKey(remote)) ? Load(paths.RemoteCertificate(remote), paths.RemoteKey(remote))
        : Exists(paths) ? Load(paths.Certificate, paths.Key)
        : null;

    /// <exception cref="StapesException">Invalid: the files are no pair of certificate and key.</exception>
    public static X509Certificate2 Load(string certificate, string key)
    {
        var keyPem = File.ReadAllText(key);
        if (keyPem.Contains("ENCRYPTED", StringComparison.Ordinal) || keyPem.Contains("OPENSSH PRIVATE KEY", StringComparison.Ordinal))
            throw new StapesException(ErrorKind.Invalid, $"The key {key} is encrypted or of OpenSSH's form: store it as plain PEM, readable to you alone");
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(certificate), keyPem);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new StapesException(ErrorKind.Invalid, $"{certificate} and {key} are no certificate with its key: {e.Message.ReplaceLineEndings(" ").TrimEnd('.')}", e);
        }
    }

    /// <summary>Makes the pair for all remotes, as Incus makes its own: ECDSA P-384, ten years, for the authentication of clients.</summary>
    public static void Generate(ClientPaths paths)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var subject = new X500DistinguishedNameBuilder();
        // Built from the last name to the first.
        subject.AddCommonName($"{Environment.UserName}@{Environment.MachineName}");
        subject.AddOrganizationName("Linux Containers");
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA384);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now, now + Lifetime);
        Save(certificate, paths.Certificate, paths.Key);
    }

    /// <param name="pair">With its key.</param>
    /// <param name="certificate">The path of the certificate.</param>
    /// <param name="key">The path of the key.</param>
    /// <exception cref="StapesException">Invalid: the key is of no known kind, or may not leave its store.</exception>
    public static void Save(X509Certificate2 pair, string certificate, string key)
    {
        using var ecdsa = pair.GetECDsaPrivateKey();
        using var rsa = pair.GetRSAPrivateKey();
        var pem = ecdsa?.ExportECPrivateKeyPem() ?? rsa?.ExportPkcs8PrivateKeyPem()
            ?? throw new StapesException(ErrorKind.Invalid, "The key of the certificate is of no kind that servers take: use ECDSA or RSA");
        // The key first: a certificate without its key would be taken for a damaged pair.
        PrivateFile.Write(key, pem + "\n");
        PrivateFile.Write(certificate, pair.ExportCertificatePem() + "\n", PrivateFile.Readable);
    }
}
