using Stapes.Protocols.Shared.Client;

namespace Stapes.Remotes;

/// <summary>A remote as the configuration has it. The words are those of the Incus client.</summary>
/// <param name="Name">Without a colon.</param>
/// <param name="Addresses">URLs, in the order in which they are tried; passwords included.</param>
internal sealed record ConfiguredRemote(string Name, IReadOnlyList<string> Addresses)
{
    public const string Incus = "incus";
    public const string Simplestreams = "simplestreams";
    public const string Oci = "oci";

    /// <summary>A client certificate shows who we are.</summary>
    public const string Tls = "tls";

    /// <summary>A login over OpenID Connect does.</summary>
    public const string Oidc = "oidc";

    public string Protocol { get; init; } = Incus;

    /// <summary><see cref="Tls"/>, <see cref="Oidc"/> or nothing.</summary>
    public string AuthType { get; init; } = "";

    public string Project { get; init; } = "";

    public string CredentialsHelper { get; init; } = "";

    /// <summary>Seconds; what it means is the Incus client's matter.</summary>
    public int KeepAlive { get; init; }

    /// <summary>For a server of images that asks nobody who he is.</summary>
    public bool Public { get; init; }

    /// <summary>Which cannot be changed.</summary>
    public bool IsStatic { get; init; }

    public bool IsUnix => Addresses[0].StartsWith("unix:", StringComparison.Ordinal);

    /// <summary>The addresses as people may see them.</summary>
    public IEnumerable<string> ShownAddresses => Addresses.Select(PublicUrl.Of);

    /// <summary>How we show who we are, in the words of <c>remote list</c>.</summary>
    public string ShownAuthType => AuthType.Length > 0 ? AuthType : IsUnix ? "file access" : Protocol == Incus ? Tls : "none";
}
