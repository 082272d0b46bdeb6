namespace Stapes.Protocols.Shared.Client;

/// <summary>URLs as messages and lists may show them.</summary>
public static class PublicUrl
{
    private const string Hidden = "***";

    /// <summary>The URL with <c>***</c> for its password, and without its query, which may be a secret too.</summary>
    public static string Of(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return url.IsAbsoluteUri && url.Host.Length > 0
            ? $"{url.Scheme}://{HidePassword(url.UserInfo)}{url.Authority}{url.AbsolutePath}"
            : Of(url.OriginalString);
    }

    /// <summary>The same for what may be no URL at all.</summary>
    public static string Of(string url)
    {
        ArgumentNullException.ThrowIfNull(url);
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
            return url;
        var start = scheme + 3;
        var end = url.AsSpan(start).IndexOfAny("/?#") is >= 0 and var length ? start + length : url.Length;
        var at = url.LastIndexOf('@', end - 1, end - start);
        return at < 0 ? url : string.Concat(url.AsSpan(0, start), HidePassword(url[start..at]), url.AsSpan(at + 1));
    }

    private static string HidePassword(string userInfo) => userInfo switch
    {
        "" => "",
        _ when userInfo.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon => $"{userInfo[..colon]}:{Hidden}@",
        // A lone word may be a token.
        _ => $"{Hidden}@",
    };
}
