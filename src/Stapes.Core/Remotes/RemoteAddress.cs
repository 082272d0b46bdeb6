using Stapes.Core.Library;

namespace Stapes.Core.Remotes;

/// <summary>Names a remote: enough for <see cref="OpenRemote"/> to reach it.</summary>
/// <param name="Url">Its URL; <c>unix://</c> and <c>file://</c> too where the opener allows them.</param>
/// <param name="Protocol"><c>incus</c>, <c>simplestreams</c> or <c>oci</c>.</param>
public sealed record RemoteAddress(Uri Url, string Protocol)
{
    /// <summary>The server's certificate in PEM, when it is pinned; empty when authorities vouch for it.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>The secret of one private image of an Incus server; null for none. Never in a log or an error.</summary>
    public string? Secret { get; init; }

    public string Project { get; init; } = Image.DefaultProject;
}

/// <summary>Opens a remote. Protocols do not know each other: whoever wires them hands this to those that fetch on behalf of others.</summary>
/// <exception cref="StapesException">Invalid: no such protocol or URL. Forbidden: the address may not be asked.</exception>
public delegate IRemote OpenRemote(RemoteAddress address);
