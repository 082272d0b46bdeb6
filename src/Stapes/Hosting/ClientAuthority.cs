using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Stapes.Core;
using Stapes.Core.Access;
using Stapes.Protocols.Shared.Authentication;

namespace Stapes.Hosting;

/// <summary>
/// The authority of <c>--trust-ca</c>: whoever has a certificate of it is an admin, unless the list of trusted certificates restricts
/// them. Its files are looked at with every question, which costs two calls of the system; while new ones cannot be read the old ones
/// stay in use.
/// </summary>
internal sealed partial class ClientAuthority : IClientAuthority
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);

    private readonly string file;
    private readonly string? revocations;
    private readonly ILogger logger;
    private readonly Lock reading = new();
    private Loaded current;

    private ClientAuthority(string file, string? revocations, ILogger logger)
    {
        this.file = file;
        this.revocations = revocations;
        this.logger = logger;
        current = Read(Stamp());
    }

    /// <param name="file">PEM: certificates that sign those of clients.</param>
    /// <param name="revocations">PEM: their lists of revoked certificates (RFC 5280, section 5); null for none.</param>
    /// <param name="logger">Is told when new files cannot be used.</param>
    /// <exception cref="StapesException">Invalid: a file cannot be read.</exception>
    public static ClientAuthority Load(string file, string? revocations, ILogger logger)
    {
        try
        {
            return new(file, revocations, logger);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw new StapesException(ErrorKind.Invalid,
                $"Could not read the authority {file}{(revocations is null ? "" : $" with the revoked certificates {revocations}")}: {e.Message}", e);
        }
    }

    /// <summary>Looks at the files once a second, so that a revocation also ends what goes on without a request.</summary>
    /// <param name="changed">Called after they changed.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task WatchAsync(Action changed, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(WatchInterval);
        var seen = Current;
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            var now = Current;
            if (now == seen)
                continue;
            seen = now;
            changed();
        }
    }

    public object Current
    {
        get
        {
            if (Stamp() != Volatile.Read(ref current).Stamp)
                Reload();
            return current;
        }
    }

    public Caller? Find(X509Certificate2 certificate)
    {
        var authority = (Loaded)Current;
        using var chain = new X509Chain
        {
            ChainPolicy = new()
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                DisableCertificateDownloads = true,
                RevocationMode = X509RevocationMode.NoCheck,
                // An intermediate authority may be the one that is trusted.
                VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority,
                // One that says what it is for has to be for clients: the authority may sign those of servers as well (RFC 5280, section 4.2.1.12).
                ApplicationPolicy = { new Oid("1.3.6.1.5.5.7.3.2") },
            },
        };
        chain.ChainPolicy.CustomTrustStore.AddRange(authority.Certificates);
        if (!chain.Build(certificate) || chain.ChainElements.Count < 2)
            return null;
        var links = chain.ChainElements.Select(static e => e.Certificate).ToList();
        var isSigned = links.Skip(1).Any(c => authority.Certificates.Any(a => a.RawDataMemory.Span.SequenceEqual(c.RawDataMemory.Span)));
        if (!isSigned || links.Any(c => authority.Revoked.Contains(new(c.IssuerName.RawData, c.SerialNumberBytes.Span))))
            return null;
        return new()
        {
            Name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false),
            Id = Convert.ToHexStringLower(certificate.GetCertHash(HashAlgorithmName.SHA256)),
            Method = CallerMethod.Tls,
            Role = Role.Admin,
        };
    }

    private void Reload()
    {
        lock (reading)
        {
            var stamp = Stamp();
            if (stamp == current.Stamp)
                return;
            try
            {
                current = Read(stamp);
            }
            catch (Exception e) when (IsFault(e))
            {
                current = current with { Stamp = stamp };
                LogUnreadable(file, e.Message);
            }
        }
    }

    private Loaded Read(FilesStamp stamp)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(file);
        if (certificates.Count == 0)
            throw new CryptographicException("there is no certificate in it");
        return new(stamp, certificates, revocations is null ? [] : RevocationList.Read(File.ReadAllText(revocations)));
    }

    private FilesStamp Stamp() =>
        new(File.GetLastWriteTimeUtc(file), revocations is null ? default : File.GetLastWriteTimeUtc(revocations));

    private static bool IsFault(Exception e) =>
        e is IOException or UnauthorizedAccessException or CryptographicException or AsnContentException or ArgumentException;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The new files of the authority {File} cannot be used ({Reason}); the ones before stay in use")]
    private partial void LogUnreadable(string file, string reason);

    private readonly record struct FilesStamp(DateTime Authority, DateTime Revocations);

    private sealed record Loaded(FilesStamp Stamp, X509Certificate2Collection Certificates, HashSet<RevokedCertificate> Revoked);
}
