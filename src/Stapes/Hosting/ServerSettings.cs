using Microsoft.Extensions.Logging;
using Stapes.Core.Access;
using Stapes.Protocols.Shared.Authentication.Oidc;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Hosting;

/// <summary>How a server runs: everything is parsed, nothing is checked against the machine yet.</summary>
internal sealed record ServerSettings
{
    /// <summary>The data directory; made when it is missing.</summary>
    public required string Data { get; init; }

    /// <summary>Where to listen beside the Unix socket of the data directory. Null: the default, or what systemd hands over.</summary>
    public IReadOnlyList<ListenAddress>? Listen { get; init; }

    /// <summary>PEM files of the certificate with its chain, and of its key. Null: the self-signed one of the data directory.</summary>
    public CertificateFiles? Certificate { get; init; }

    /// <summary>Simplestreams trees to serve beside the store, read-only.</summary>
    public IReadOnlyList<string> Trees { get; init; } = [];

    /// <summary>How long the bytes of a deleted image stay downloadable.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromHours(2);

    /// <summary>PEM file of the authority that signs the certificates of clients. Null for none.</summary>
    public string? TrustAuthority { get; init; }

    /// <summary>PEM file of the certificates that it revoked. Null for none.</summary>
    public string? TrustRevocations { get; init; }

    /// <summary>The most bytes that an uploaded image may have; null for any number.</summary>
    public long? UploadLimit { get; init; }

    /// <summary>Bytes of the disk that uploads leave free; null for a twentieth of it, but at most 1 GiB.</summary>
    public long? FreeSpace { get; init; }

    /// <summary>Which repositories of the registry strangers may pull from; <c>*</c> stands for any characters.</summary>
    public IReadOnlyList<string> PublicRepositories { get; init; } = [];

    /// <summary>Whether what is pushed to the registry becomes images of the store.</summary>
    public bool PublishImages { get; init; } = true;

    /// <summary>How long pushed blobs wait for a manifest that needs them, and unfinished uploads for their rest.</summary>
    public TimeSpan PushGrace { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long a stopping server lets running requests finish.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Show /metrics on the network too, not only on the Unix socket.</summary>
    public bool Metrics { get; init; }

    /// <summary>Where users sign in; null for nowhere.</summary>
    public OidcOptions? Oidc { get; init; }

    /// <summary>What users may do whom nobody added by name; null for nothing.</summary>
    public Role? OidcRole { get; init; }

    /// <summary>Where callers below admin may have the server fetch from and send to.</summary>
    public AddressGuard PullAllow { get; init; } = AddressGuard.PublicOnly;

    /// <summary>How often images that follow another server are looked for a newer version; zero for never.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromHours(6);

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public string UnixSocket => Path.Combine(Data, "unix.socket");
}
