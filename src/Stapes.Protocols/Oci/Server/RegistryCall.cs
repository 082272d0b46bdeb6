using Microsoft.AspNetCore.Http;

namespace Stapes.Protocols.Oci.Server;

/// <summary>One request: who asks for what.</summary>
internal sealed class RegistryCall(HttpContext http, RegistryOptions registry, RegistryAccess access, RegistryPath path)
{
    public HttpContext Http { get; } = http;

    public RegistryOptions Registry { get; } = registry;

    public RegistryAccess Access { get; } = access;

    /// <summary>The repository.</summary>
    public string Name => path.Name;

    /// <summary>The tag, digest or upload as it stands in the path.</summary>
    public string Reference => path.Reference;

    public CancellationToken Cancellation => Http.RequestAborted;

    /// <summary>The digest in the path.</summary>
    /// <exception cref="RegistryException">DIGEST_INVALID.</exception>
    public string Digest => ParseDigest(Reference);

    public string? Query(string name) => Http.Request.Query[name] is [{ Length: > 0 } value, ..] ? value : null;

    /// <inheritdoc cref="RegistryAuthentication.Require"/>
    public void Require(string action) => RegistryAuthentication.Require(Http, Access, action, Name);

    public static string ParseDigest(string text) =>
        OciDigest.TryParse(text, out var digest) ? digest.ToString() : throw RegistryException.DigestInvalid(text);
}
