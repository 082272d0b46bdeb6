using Microsoft.AspNetCore.Http;
using Stapes.Core.Access;
using Stapes.Core.Library;
using Stapes.Protocols.Shared.Authentication;

namespace Stapes.Protocols.Incus.Server;

/// <summary>What the server half of the Incus API serves, and to whom.</summary>
public sealed record IncusApiOptions
{
    /// <summary>What callers see: the library, alone or beside other sources.</summary>
    public required IImageSource Images { get; init; }

    /// <summary>What trusted callers write to.</summary>
    public required ImageLibrary Library { get; init; }

    /// <summary>The version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>Where others reach the server. Asked for each time, because certificates change.</summary>
    public Func<ServerIdentity> Identity { get; init; } = static () => ServerIdentity.None;

    /// <summary>Who may do what; the host has found the caller of each request with it.</summary>
    public required AccessControl Access { get; init; }

    /// <summary>Tells, while a request goes on, who its sender is by then (<see cref="RequestAuthentication.Follow"/>).</summary>
    public required Func<HttpContext, Func<Caller?>> Follow { get; init; }

    /// <summary>Whether the certificate of a request can become trusted at all (<see cref="RequestAuthentication.CanBeTrusted"/>).</summary>
    public required Func<HttpContext, bool> CanBeTrusted { get; init; }

    /// <summary>Slows down those who guess secrets.</summary>
    public required FailedAttempts Attempts { get; init; }

    /// <summary>How long a trust token is good for that says nothing else.</summary>
    public TimeSpan TrustTokenLife { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long the secret of an image is good for that nobody uses. A transfer that has begun with it may take longer.</summary>
    public TimeSpan ImageSecretLife { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The ways in which clients can prove who they are, in Incus's words.</summary>
    public IReadOnlyList<string> AuthMethods { get; init; } = ["tls"];

    /// <summary>How other servers are reached for callers; null where they are not.</summary>
    public OutsideServers? Outside { get; init; }

    /// <summary>Where operations are noted, so that a restart does not make them vanish; null for nowhere.</summary>
    public string? OperationJournal { get; init; }

    /// <summary>How long operations that a restart ended can still be asked for.</summary>
    public TimeSpan InterruptedRetention { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often images that follow a remote are looked for a newer version; zero for never. Incus: 6 hours.</summary>
    public TimeSpan RefreshInterval { get; init; }

    /// <summary>How long an operation can still be asked for after it ended. Incus: 5 seconds.</summary>
    public TimeSpan OperationRetention { get; init; } = TimeSpan.FromSeconds(5);

    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>Where others reach the server, and how they know it.</summary>
/// <param name="Addresses">Host and port of each HTTPS listener; trusted callers pass them on to the servers that they copy images to.</param>
/// <param name="Certificate">PEM; empty when authorities vouch for the server, or it has none.</param>
/// <param name="CertificateFingerprint">SHA-256 of the certificate in DER, in lower-case hexadecimal digits; may be empty.</param>
public sealed record ServerIdentity(IReadOnlyList<string> Addresses, string Certificate, string CertificateFingerprint)
{
    public static ServerIdentity None { get; } = new([], "", "");
}
