using Microsoft.Extensions.Logging;
using Stapes.Core.Access;
using Stapes.Hosting;
using Stapes.Protocols.Shared.Authentication.Oidc;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Commands.Serve;

/// <summary>Settings while they are gathered: null is not given.</summary>
internal sealed class ServeSettingsBuilder
{
    public string? Data { get; set; }

    public IReadOnlyList<ListenAddress>? Listen { get; set; }

    public string? Certificate { get; set; }

    public string? Key { get; set; }

    public IReadOnlyList<string> Trees { get; set; } = [];

    public TimeSpan? Grace { get; set; }

    public string? TrustAuthority { get; set; }

    public string? TrustRevocations { get; set; }

    public long? UploadLimit { get; set; }

    public long? FreeSpace { get; set; }

    public IReadOnlyList<string> PublicRepositories { get; set; } = [];

    public bool PublishImages { get; set; } = true;

    public TimeSpan? PushGrace { get; set; }

    public TimeSpan? StopTimeout { get; set; }

    public bool Metrics { get; set; }

    public string? OidcIssuer { get; set; }

    public string? OidcClientId { get; set; }

    public string OidcAudience { get; set; } = "";

    public IReadOnlyList<string>? OidcScopes { get; set; }

    public string OidcClaim { get; set; } = "";

    public Role? OidcRole { get; set; }

    public AddressGuard PullAllow { get; set; } = AddressGuard.PublicOnly;

    public TimeSpan? RefreshInterval { get; set; }

    public LogLevel? LogLevel { get; set; }

    /// <exception cref="FormatException">Settings that do not go together.</exception>
    public ServerSettings Build()
    {
        if (Certificate is null != Key is null)
            throw new FormatException($"--{(Key is null ? "key" : "cert")} is missing: a certificate and its key are given together");
        if (TrustRevocations is not null && TrustAuthority is null)
            throw new FormatException("--trust-ca is missing: a list of revoked certificates belongs to an authority");
        var settings = new ServerSettings
        {
            Data = Path.GetFullPath(Data ?? ServePaths.DefaultData),
            Listen = Listen,
            Certificate = Certificate is null ? null : new(Path.GetFullPath(Certificate), Path.GetFullPath(Key!)),
            Trees = [.. Trees.Select(Path.GetFullPath)],
            PublicRepositories = PublicRepositories,
            PublishImages = PublishImages,
            Metrics = Metrics,
            TrustAuthority = TrustAuthority is null ? null : Path.GetFullPath(TrustAuthority),
            TrustRevocations = TrustRevocations is null ? null : Path.GetFullPath(TrustRevocations),
            UploadLimit = UploadLimit,
            FreeSpace = FreeSpace,
            Oidc = Oidc(),
            OidcRole = OidcRole,
            PullAllow = PullAllow,
        };
        return settings with
        {
            Grace = Grace ?? settings.Grace,
            PushGrace = PushGrace ?? settings.PushGrace,
            StopTimeout = StopTimeout ?? settings.StopTimeout,
            RefreshInterval = RefreshInterval ?? settings.RefreshInterval,
            LogLevel = LogLevel ?? settings.LogLevel,
        };
    }

    private OidcOptions? Oidc()
    {
        if (OidcIssuer is null != OidcClientId is null)
            throw new FormatException($"--oidc-{(OidcIssuer is null ? "issuer" : "client-id")} is missing: an issuer and the client that is known there are given together");
        if (OidcIssuer is null)
            return null;
        var options = new OidcOptions { Issuer = OidcIssuer, ClientId = OidcClientId!, Audience = OidcAudience, Claim = OidcClaim };
        return OidcScopes is null ? options : options with { Scopes = OidcScopes };
    }
}
