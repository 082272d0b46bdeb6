using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Text;
using Stapes.Core;

namespace Stapes.Protocols.Shared.Client;

/// <summary>One address of a server: a URL whose secrets are kept apart, so that they cannot get into a message.</summary>
public sealed class ServerAddress
{
    private const string UnixScheme = "unix";

    private readonly AuthenticationHeaderValue? basic;

    private ServerAddress(Uri @base, string? socket, AuthenticationHeaderValue? basic)
    {
        Base = @base;
        Socket = socket;
        this.basic = basic;
    }

    /// <summary>The URL that requests are relative to, with a slash at its end and without user and password.</summary>
    public Uri Base { get; }

    /// <summary>The path of the Unix socket; null for a server on the network.</summary>
    public string? Socket { get; }

    /// <param name="url"><c>https://[USER:PASSWORD@]HOST…</c>, <c>http://HOST…</c> or <c>unix://PATH</c>.</param>
    /// <exception cref="StapesException">Invalid: it is something else, or a password would travel unencrypted.</exception>
    public static ServerAddress Parse(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (url is { IsAbsoluteUri: true, Scheme: UnixScheme })
            return OfSocket(Uri.UnescapeDataString(url.AbsolutePath));
        if (!url.IsAbsoluteUri || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
            throw new StapesException(ErrorKind.Invalid, $"{PublicUrl.Of(url)} is no URL of a server: it must start with https:// or http:// and name a host");
        if (url.UserInfo.Length > 0 && url.Scheme == "http")
            throw new StapesException(ErrorKind.Invalid, $"{PublicUrl.Of(url)} would send the password unencrypted: use https://, or leave out user and password");
        var parts = new UriBuilder(url) { UserName = "", Password = "", Query = "", Fragment = "" };
        if (!parts.Path.EndsWith('/'))
            parts.Path += "/";
        return new(parts.Uri, socket: null, url.UserInfo.Length == 0 ? null : Basic(url.UserInfo));
    }

    /// <param name="path">Of the Unix socket.</param>
    public static ServerAddress OfSocket(string path) => new(new("http://unix.socket/"), path, basic: null);

    /// <summary>Whether a URL is on this server: same scheme, host and port.</summary>
    public bool IsOriginOf(Uri url) =>
        Uri.Compare(Base, url, UriComponents.SchemeAndServer, UriFormat.SafeUnescaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>What messages call it.</summary>
    public override string ToString() => Socket ?? Base.AbsoluteUri.TrimEnd('/');

    internal bool TryGetPassword([NotNullWhen(true)] out AuthenticationHeaderValue? authorization) => (authorization = basic) is not null;

    // RFC 7617, section 2.
    private static AuthenticationHeaderValue Basic(string userInfo) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(string.Join(':', userInfo.Split(':', 2).Select(Uri.UnescapeDataString)) + (userInfo.Contains(':', StringComparison.Ordinal) ? "" : ":"))));
}
