using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stapes.Protocols.Shared.Client;

/// <summary>The certificates that this machine trusts, in files and directories. Source: OpenSSL manual, SSL_CTX_load_verify_locations(3).</summary>
internal static class CertificateFiles
{
    /// <summary>Where distributions have them: the names that OpenSSL is built with, and where those lead.</summary>
    private static readonly string[] SystemFiles = ["/usr/lib/ssl/cert.pem", "/etc/pki/tls/cert.pem", "/etc/ssl/cert.pem"];
    private static readonly string[] SystemDirectories = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

    /// <summary>The files of such a directory that hold what the others hold one by one.</summary>
    private static readonly string[] Bundles = ["ca-certificates.crt", "ca-bundle.crt"];

    /// <summary>
    /// Those with one of these names, out of the first file that has any. Only files that hold many certificates are looked at, not the many
    /// that hold one each.
    /// </summary>
    /// <param name="names">Names of subjects, in DER.</param>
    public static X509Certificate2Collection Named(IReadOnlyList<byte[]> names)
    {
        var found = new X509Certificate2Collection();
        foreach (var file in CertificateFile().Concat(Directories().SelectMany(static d => Bundles.Select(b => Path.Combine(d, b)))))
        {
            Read(file, found, der => Holds(der, names), certificate => names.Any(name => certificate.SubjectName.RawData.AsSpan().SequenceEqual(name)));
            if (found.Count > 0)
                break;
        }

        return found;
    }

    /// <summary>Every one, and those that the user has added for programs of .NET.</summary>
    public static X509Certificate2Collection All()
    {
        var found = new X509Certificate2Collection();
        foreach (var file in CertificateFile().Concat(Directories().SelectMany(FilesOf)))
            Read(file, found, static _ => true, static _ => true);
        using var own = new X509Store(StoreName.Root, StoreLocation.CurrentUser, OpenFlags.ReadOnly);
        found.AddRange(own.Certificates);
        return found;
    }

    private static IEnumerable<string> CertificateFile() =>
        Environment.GetEnvironmentVariable("SSL_CERT_FILE") is { Length: > 0 } file ? [file] : SystemFiles.Where(File.Exists).Take(1);

    private static string[] Directories() => Environment.GetEnvironmentVariable("SSL_CERT_DIR") is { Length: > 0 } list
        ? list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        : SystemDirectories;

    private static IEnumerable<string> FilesOf(string directory) => Directory.Exists(directory) ? Directory.EnumerateFiles(directory) : [];

    private delegate bool LooksRight(ReadOnlySpan<byte> der);

    private static bool Holds(ReadOnlySpan<byte> der, IReadOnlyList<byte[]> names)
    {
        foreach (var name in names)
        {
            if (der.IndexOf(name) >= 0)
                return true;
        }

        return false;
    }

    private static void Read(string file, X509Certificate2Collection found, LooksRight mayBe, Func<X509Certificate2, bool> isWanted)
    {
        ReadOnlySpan<byte> rest;
        try
        {
            rest = File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be read vouches for nobody.
            return;
        }

        if (!PemEncoding.TryFindUtf8(rest, out var fields))
        {
            Add(rest, found, mayBe, isWanted);
            return;
        }

        var der = new byte[rest.Length];
        do
        {
            // What OpenSSL calls a TRUSTED CERTIFICATE is for other purposes, or is there a second time without them.
            if (rest[fields.Label].SequenceEqual("CERTIFICATE"u8) && Base64.DecodeFromUtf8(rest[fields.Base64Data], der, out _, out var length) is OperationStatus.Done)
                Add(der.AsSpan(0, length), found, mayBe, isWanted);
            rest = rest[fields.Location.End..];
        }
        while (PemEncoding.TryFindUtf8(rest, out fields));
    }

    private static void Add(ReadOnlySpan<byte> der, X509Certificate2Collection found, LooksRight mayBe, Func<X509Certificate2, bool> isWanted)
    {
        if (!mayBe(der))
            return;
        try
        {
            var certificate = X509CertificateLoader.LoadCertificate(der);
            if (isWanted(certificate))
                found.Add(certificate);
            else
                certificate.Dispose();
        }
        catch (CryptographicException)
        {
            // A file of something else, such as a list of revocations.
        }
    }
}
