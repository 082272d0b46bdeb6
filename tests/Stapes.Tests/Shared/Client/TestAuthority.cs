using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stapes.Tests.Shared.Client;

/// <summary>An authority with keys of its own: a root, or one that another vouches for.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly X509Certificate2 own;

    private TestAuthority(X509Certificate2 own) => this.own = own;

    /// <summary>Without the key.</summary>
    public string Pem => own.ExportCertificatePem();

    public X509Certificate2 Certificate => X509CertificateLoader.LoadCertificate(own.RawData);

    public static TestAuthority CreateRoot(string name, DateTimeOffset? until = null) => new(Request(name, isAuthority: true, null, out var key) is var request
        ? WithKey(request.CreateSelfSigned(Start(until), End(until)), key) : null!);

    /// <summary>One that signs with a certificate of anything.</summary>
    public static TestAuthority Of(X509Certificate2 certificate) => new(certificate);

    public TestAuthority CreateIntermediate(string name) => new(Issue(name, isAuthority: true, null, null));

    /// <summary>A server's certificate, with its key.</summary>
    public X509Certificate2 Issue(string name, DateTimeOffset? until = null) => Issue(name, isAuthority: false, name, until);

    public void Dispose() => own.Dispose();

    private X509Certificate2 Issue(string name, bool isAuthority, string? host, DateTimeOffset? until)
    {
        var request = Request(name, isAuthority, host, out var key);
        var serial = RandomNumberGenerator.GetBytes(8);
        serial[0] &= 0x7f;
        using var ownKey = own.GetECDsaPrivateKey()!;
        return WithKey(request.Create(own.SubjectName, X509SignatureGenerator.CreateForECDsa(ownKey), Start(until), End(until), serial), key);
    }

    private static DateTimeOffset End(DateTimeOffset? until) => until ?? DateTimeOffset.UtcNow.AddDays(1);

    private static DateTimeOffset Start(DateTimeOffset? until) => until?.AddDays(-2) ?? DateTimeOffset.UtcNow.AddDays(-1);

    private static CertificateRequest Request(string name, bool isAuthority, string? host, out ECDsa key)
    {
        key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        if (host is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(host);
            request.CertificateExtensions.Add(names.Build());
        }

        return request;
    }

    private static X509Certificate2 WithKey(X509Certificate2 certificate, ECDsa key)
    {
        using (key)
        using (certificate)
        {
            using var both = certificate.HasPrivateKey ? certificate : certificate.CopyWithPrivateKey(key);
            // The server needs the key in a form that OpenSSL can hand over.
            return X509CertificateLoader.LoadPkcs12(both.Export(X509ContentType.Pfx), null, X509KeyStorageFlags.Exportable);
        }
    }
}
