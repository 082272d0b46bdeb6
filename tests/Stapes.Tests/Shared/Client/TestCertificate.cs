using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stapes.Tests.Shared.Client;

/// <summary>Certificates that no authority knows.</summary>
internal static class TestCertificate
{
    public static X509Certificate2 Create(string name = "localhost", DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        var end = until ?? DateTimeOffset.UtcNow.AddDays(1);
        using var made = request.CreateSelfSigned(end.AddDays(-2), end);
        // The server needs the key in a form that OpenSSL can hand over.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
