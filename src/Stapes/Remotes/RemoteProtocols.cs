using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stapes.Core;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Protocols.Incus.Client;
using Stapes.Protocols.Oci.Client;
using Stapes.Protocols.Shared.Client;
using Stapes.Protocols.Simplestreams.Client;

namespace Stapes.Remotes;

/// <summary>The client halves of all protocols: the one place where a new one is registered.</summary>
internal static class RemoteProtocols
{
    /// <summary>What is known of a remote beside how to reach it.</summary>
    /// <param name="Project">Of an Incus server; null for its default.</param>
    /// <param name="Secret">Of one private image of an Incus server; null for none.</param>
    /// <param name="Cache">The directory for index files and layers; null for none.</param>
    /// <param name="Warn">Is told what the user should know; one line each.</param>
    public sealed record Context(string? Project, string? Secret, string? Cache, Action<string> Warn)
    {
        /// <summary>The credential helper of a registry; empty for none.</summary>
        public string CredentialsHelper { get; init; } = "";

        /// <summary>Whether an index that was kept will do, without asking the server.</summary>
        public bool IsKeptEnough { get; init; }
    }

    /// <exception cref="StapesException">Invalid: no such protocol.</exception>
    public static IRemote Open(string protocol, HttpAccess access, Context context) => protocol switch
    {
        ConfiguredRemote.Incus => new IncusRemote(new(IncusConnection.To(access, context.Project), context.Secret)),
        ConfiguredRemote.Simplestreams => SimplestreamsRemote.Of(access, context.Cache, context.Warn, context.IsKeptEnough),
        ConfiguredRemote.Oci => OciRemotes.Open(access, context.CredentialsHelper, context.Cache is null ? null : Path.Combine(context.Cache, "layers")),
        _ => throw new StapesException(ErrorKind.Invalid, $"Invalid protocol: {protocol}; use {ConfiguredRemote.Incus}, {ConfiguredRemote.Simplestreams} or {ConfiguredRemote.Oci}"),
    };

    /// <summary>Opens remotes for somebody who fetches on behalf of others: only over the network, and only what the guard allows.</summary>
    /// <param name="guard">Whether an IP address may be asked; null for all.</param>
    /// <param name="warn">Is told what an administrator should know; one line each.</param>
    public static OpenRemote Opener(Func<IPAddress, bool>? guard, Action<string> warn) => address =>
    {
        if (address.Url is not { IsAbsoluteUri: true, Scheme: "https" or "http" })
            throw new StapesException(ErrorKind.Invalid, $"{PublicUrl.Of(address.Url)} cannot be fetched from: give a https:// URL");
        var access = new HttpAccess(ServerAddress.Parse(address.Url)) { Guard = guard, PinnedCertificate = Certificate(address.Certificate) };
        return Open(address.Protocol, access, new(address.Project == Image.DefaultProject ? null : address.Project, address.Secret, Cache: null, warn));
    };

    private static X509Certificate2? Certificate(string pem)
    {
        try
        {
            return string.IsNullOrWhiteSpace(pem) ? null : X509Certificate2.CreateFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new StapesException(ErrorKind.Invalid, "The server's certificate that was given is not PEM: give it as the server prints it, or leave it out", e);
        }
    }
}
