using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Stapes.Core;

namespace Stapes.Hosting;

/// <summary>
/// The certificate for new connections. The files are looked at with every handshake, which costs two calls of the system: whoever
/// renews them has nothing to tell the server. While a new pair cannot be read, half of it being there, the old one stays in use.
/// </summary>
internal sealed partial class ServerCertificate
{
    private readonly CertificateFiles files;
    private readonly ILogger logger;
    private readonly Lock reading = new();
    private Loaded current;

    private ServerCertificate(CertificateFiles files, ILogger logger)
    {
        this.files = files;
        this.logger = logger;
        current = Read(Stamp(files));
    }

    /// <exception cref="StapesException">Invalid: the files cannot be read, or do not belong together.</exception>
    public static ServerCertificate Load(CertificateFiles files, ILogger logger)
    {
        try
        {
            return new(files, logger);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw new StapesException(ErrorKind.Invalid, $"Could not read the certificate {files.Certificate} with the key {files.Key}: {e.Message}", e);
        }
    }

    /// <summary>What to greet the next connection with.</summary>
    public SslServerAuthenticationOptions Options
    {
        get
        {
            if (Stamp(files) != Volatile.Read(ref current).Stamp)
                Reload();
            return current.Options;
        }
    }

    /// <summary>The certificate, without its chain and its key.</summary>
    public string Pem => current.Certificate.ExportCertificatePem() + "\n";

    /// <summary>SHA-256 of the certificate, in lower-case hexadecimal digits: what clients show and pin.</summary>
    public string Fingerprint => Convert.ToHexStringLower(current.Certificate.GetCertHash(HashAlgorithmName.SHA256));

    private void Reload()
    {
        lock (reading)
        {
            var stamp = Stamp(files);
            if (stamp == current.Stamp)
                return;
            try
            {
                current = Read(stamp);
                LogReloaded(files.Certificate);
            }
            catch (Exception e) when (IsFault(e))
            {
                // Not tried again until the files change once more.
                current = current with { Stamp = stamp };
                LogUnreadable(files.Certificate, e.Message);
            }
        }
    }

    private Loaded Read(FileStamp stamp)
    {
        var pair = X509Certificate2.CreateFromPemFile(files.Certificate, files.Key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(files.Certificate);
        // Offline: nothing is fetched to complete a chain; the file holds it.
        var context = SslStreamCertificateContext.Create(pair, chain, offline: true);
        return new(stamp, pair, new()
        {
            ServerCertificateContext = context,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            // Asked for, not required: who a certificate stands for is found out with each request (RequestAuthentication), by itself and
            // not by who signed it. Nothing is fetched for it: a stranger's certificate must not make the server call anybody.
            ClientCertificateRequired = true,
#pragma warning disable CA5359 // It is the client's certificate, which says who it is, not that it may do anything.
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = new()
            {
                DisableCertificateDownloads = true,
                RevocationMode = X509RevocationMode.NoCheck,
                TrustMode = X509ChainTrustMode.CustomRootTrust,
            },
        });
    }

    private static FileStamp Stamp(CertificateFiles files) => new(File.GetLastWriteTimeUtc(files.Certificate), File.GetLastWriteTimeUtc(files.Key));

    private static bool IsFault(Exception e) => e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    [LoggerMessage(Level = LogLevel.Information, Message = "Read the renewed certificate {File}")]
    private partial void LogReloaded(string file);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The renewed certificate {File} cannot be used ({Reason}); the one before stays in use")]
    private partial void LogUnreadable(string file, string reason);

    private readonly record struct FileStamp(DateTime Certificate, DateTime Key);

    private sealed record Loaded(FileStamp Stamp, X509Certificate2 Certificate, SslServerAuthenticationOptions Options);
}
