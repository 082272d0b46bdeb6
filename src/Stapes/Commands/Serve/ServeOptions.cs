using Microsoft.Extensions.Logging;
using Stapes.Core.Access;
using Stapes.Hosting;
using Stapes.Protocols.Shared.Authentication.Oidc;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Commands.Serve;

/// <summary>The one table of what can be set: the help, the environment, stapes.yaml and the man page all come from it.</summary>
internal static class ServeOptions
{
    public const string ConfigurationFile = "config";

    private static readonly Dictionary<string, LogLevel> LogLevels = new(StringComparer.Ordinal)
    {
        ["trace"] = LogLevel.Trace,
        ["debug"] = LogLevel.Debug,
        ["info"] = LogLevel.Information,
        ["warning"] = LogLevel.Warning,
        ["error"] = LogLevel.Error,
    };

    public static IReadOnlyList<ServeOption> All { get; } =
    [
        new(ConfigurationFile, "FILE", ServePaths.DefaultConfiguration, "Read settings from a YAML file", static (_, _) => { }) { IsInFile = false },
        new("data", "DIR", ServePaths.DefaultData, "Keep images, certificate and Unix socket there",
            static (s, v) => s.Data = NotEmpty(v)),
        new("listen", "ADDRESS", "https://:8443", "Listen there: [https://|http://][HOST][:PORT] or unix:/PATH",
            static (s, v) => s.Listen = [.. v.Select(Address)]) { IsList = true },
        new("cert", "FILE", "DIR/server.crt, made at the first start", "Certificate with its chain, PEM; read again when it changes",
            static (s, v) => s.Certificate = NotEmpty(v)),
        new("key", "FILE", "DIR/server.key, made at the first start", "Key of the certificate, PEM",
            static (s, v) => s.Key = NotEmpty(v)),
        new("tree", "DIR", "none", "Serve a simplestreams tree beside the store, read-only",
            static (s, v) => s.Trees = v) { IsList = true },
        new("trust-ca", "FILE", "none", "Trust the clients whose certificates this authority signed, and no others; PEM",
            static (s, v) => s.TrustAuthority = NotEmpty(v)),
        new("trust-crl", "FILE", "none", "Certificates that the authority revoked, PEM; read again when it changes",
            static (s, v) => s.TrustRevocations = NotEmpty(v)),
        new("upload-limit", "SIZE", "none", "Refuse images with more bytes, for example 20GiB",
            static (s, v) => s.UploadLimit = Size(v)),
        new("free-space", "SIZE", "a twentieth of the disk, at most 1GiB", "Refuse images while the disk has less space left",
            static (s, v) => s.FreeSpace = Size(v)),
        new("grace", "TIME", "2h", "Keep the bytes of a deleted image downloadable for so long",
            static (s, v) => s.Grace = Duration(v)),
        new("oci-public", "PATTERN", "none", "Let strangers pull from the repositories of that name; * stands for any characters",
            static (s, v) => s.PublicRepositories = v) { IsList = true },
        new("oci-publish", "WHEN", "push", "Offer images of the registry over every protocol: push, or off",
            static (s, v) => s.PublishImages = Publishing(v[0])),
        new("oci-grace", "TIME", "1d", "Keep pushed blobs that no manifest needs, and unfinished uploads, for so long",
            static (s, v) => s.PushGrace = Duration(v)),
        new("stop-timeout", "TIME", "30s", "When stopping, let downloads finish for so long",
            static (s, v) => s.StopTimeout = Duration(v)),
        new("metrics", null, "only on the Unix socket", "Show /metrics on the network too",
            static (s, v) => s.Metrics = Switch(v)),
        new("refresh-interval", "TIME", "6h", "Look so often for newer versions of images that follow another server; 0 for never",
            static (s, v) => s.RefreshInterval = Duration(v)),
        new("pull-allow", "NETWORK", "public addresses only", "Let callers below admin have this server fetch from there too: 10.1.0.0/16, an address or a host",
            static (s, v) => s.PullAllow = AddressGuard.Allowing(v)) { IsList = true },
        new("oidc-issuer", "URL", "none", "Let users of this OpenID Connect issuer sign in (oidc.issuer in Incus)",
            static (s, v) => s.OidcIssuer = Issuer(v[0])),
        new("oidc-client-id", "ID", "none", "The client, for devices and without a secret, that they sign in with (oidc.client.id)",
            static (s, v) => s.OidcClientId = NotEmpty(v)),
        new("oidc-audience", "TEXT", "the client's ID", "Accept only tokens that are meant for it (oidc.audience)",
            static (s, v) => s.OidcAudience = v[0]),
        new("oidc-scopes", "SCOPE", "openid, offline_access", "What clients ask the issuer for (oidc.scopes)",
            static (s, v) => s.OidcScopes = v) { IsList = true },
        new("oidc-claim", "NAME", "the e-mail address, or the subject", "The claim of a token that names the user (oidc.claim)",
            static (s, v) => s.OidcClaim = v[0]),
        new("oidc-role", "ROLE", "none", "What users of the issuer may do that were not added by name: none, viewer, publisher or admin, as in Incus",
            static (s, v) => s.OidcRole = RoleOf(v[0])),
        new("log-level", "LEVEL", "info", "Log from there on: trace, debug, info, warning, error",
            static (s, v) => s.LogLevel = Level(v)),
    ];

    private static string NotEmpty(IReadOnlyList<string> values) =>
        values is [{ Length: > 0 } value] ? value : throw new FormatException("a path is missing");

    private static ListenAddress Address(string text) => ListenAddress.TryParse(text, out var address) ? address
        : throw new FormatException($"'{text}' is no address to listen at; write for example https://:8443, 127.0.0.1:8443, [::1]:8443, http://127.0.0.1:8080 or unix:/run/stapes.socket");

    private static TimeSpan Duration(IReadOnlyList<string> values) => ServeDuration.TryParse(values[0], out var duration) ? duration
        : throw new FormatException($"'{values[0]}' is no length of time; write for example 30s, 5m, 2h or 1h30m");

    private static long Size(IReadOnlyList<string> values) => ServeSize.TryParse(values[0], out var bytes) ? bytes
        : throw new FormatException($"'{values[0]}' is no size; write for example 500MiB or 20GB");

    private static string Issuer(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && OidcVerifier.IsAcceptable(url) ? text
        : throw new FormatException($"'{text}' is no issuer; write its URL as it names itself, starting with https://");

    private static Role? RoleOf(string text) => text == "none" ? null
        : RoleNames.TryParse(text, out var role) ? role
        : throw new FormatException($"'{text}' is no role; the roles are none, viewer, publisher and admin");

    private static bool Publishing(string text) => text switch
    {
        "push" => true,
        "off" => false,
        _ => throw new FormatException($"'{text}' is no time to offer images at; write push or off"),
    };

    private static bool Switch(IReadOnlyList<string> values) => bool.TryParse(values[0], out var on) ? on
        : throw new FormatException($"'{values[0]}' is neither true nor false");

    private static LogLevel Level(IReadOnlyList<string> values) => LogLevels.TryGetValue(values[0], out var level) ? level
        : throw new FormatException($"'{values[0]}' is no level; the levels are {string.Join(", ", LogLevels.Keys)}");
}
