using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;

namespace Stapes.Protocols.Incus.Server;

/// <summary>Certificates of clients, as they are sent and kept.</summary>
internal static class ClientCertificate
{
    /// <param name="text">PEM, or DER in base64.</param>
    /// <exception cref="StapesException">Invalid: it is none, or not valid now.</exception>
    public static X509Certificate2 Parse(string text)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = text.Contains("-----BEGIN", StringComparison.Ordinal)
                ? X509Certificate2.CreateFromPem(text)
                : X509CertificateLoader.LoadCertificate(Convert.FromBase64String(text));
        }
        catch (Exception e) when (e is CryptographicException or FormatException)
        {
            throw new StapesException(ErrorKind.Invalid, $"Invalid certificate material: {e.Message.ReplaceLineEndings(" ")}", e);
        }

        Check(certificate);
        return certificate;
    }

    /// <exception cref="StapesException">Invalid: it is not valid now.</exception>
    public static void Check(X509Certificate2 certificate)
    {
        var now = DateTime.Now;
        if (now < certificate.NotBefore)
            throw new StapesException(ErrorKind.Invalid, $"The provided certificate isn't valid before {certificate.NotBefore:u}: look at the clocks of both sides");
        if (now > certificate.NotAfter)
            throw new StapesException(ErrorKind.Invalid, $"The provided certificate expired at {certificate.NotAfter:u}: make a new one");
    }

    public static string Fingerprint(X509Certificate2 certificate) => Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256));

    public static string Pem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n";

    public static string? CommonName(X509Certificate2 certificate) =>
        certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } name ? name : null;
}
