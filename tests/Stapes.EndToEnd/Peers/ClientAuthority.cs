using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stapes.EndToEnd.Peers;

/// <summary>An authority that signs the certificates of clients, and revokes them.</summary>
internal sealed class ClientAuthority : IDisposable
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UtcNow.AddHours(-1);

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("stapes-");
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 certificate;
    private readonly CertificateRevocationListBuilder revoked = new();
    private int lists;

    public ClientAuthority()
    {
        var request = new CertificateRequest("CN=Authority of clients", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        certificate = request.CreateSelfSigned(Start, Start.AddDays(2));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        WriteRevoked();
    }

    public string CertificateFile => Path.Combine(directory.FullName, "ca.crt");

    /// <summary>The list of those that it revoked.</summary>
    public string RevocationsFile => Path.Combine(directory.FullName, "ca.crl");

    /// <summary>Gives the Incus client of a home directory a certificate.</summary>
    public void Issue(string home, byte serial)
    {
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=client {serial}", own, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        using var issued = request.Create(certificate, Start, Start.AddDays(1), [serial]);
        var configuration = Directory.CreateDirectory(Path.Combine(home, ".config", "incus")).FullName;
        File.WriteAllText(Path.Combine(configuration, "client.crt"), issued.ExportCertificatePem());
        File.WriteAllText(Path.Combine(configuration, "client.key"), own.ExportECPrivateKeyPem());
    }

    public void Revoke(byte serial)
    {
        revoked.AddEntry([serial]);
        WriteRevoked();
    }

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
        directory.Delete(recursive: true);
    }

    private void WriteRevoked()
    {
        var list = revoked.Build(certificate, ++lists, Start.AddDays(2), HashAlgorithmName.SHA256);
        // Whole, whenever a server looks.
        var next = RevocationsFile + ".next";
        File.WriteAllText(next, PemEncoding.WriteString("X509 CRL", list));
        File.Move(next, RevocationsFile, overwrite: true);
    }
}
