using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Stapes.Protocols.Shared.Authentication;

/// <summary>What a request shows to prove who sent it, beside the certificate of its connection.</summary>
/// <param name="Secret">An access token, or what an issuer signed.</param>
/// <param name="IsBearer">It came as a bearer token (RFC 6750); only then it may be one of an issuer.</param>
/// <param name="IsInPath">It is a part of the URL.</param>
internal sealed record Credential(string Secret, bool IsBearer, bool IsInPath)
{
    /// <summary>Below it, and a token, are the documents and files of simplestreams, for clients that would send a password in clear text.</summary>
    private const string PathPrefix = "t/";

    /// <summary>Reads the credential of a request. One in the path is taken out of it, so that nothing after this ever sees it.</summary>
    /// <returns>Null when there is none. A credential that nobody can have has an empty secret.</returns>
    public static Credential? Take(HttpRequest request)
    {
        // However it is written, a secret must not be taken for the name of a file, and logged.
        if (request.Path.Value?.TrimStart('/') is { } path && path.StartsWith(PathPrefix, StringComparison.OrdinalIgnoreCase))
            return FromPath(request, path);
        var header = request.Headers.Authorization.ToString();
        return header.Length == 0 ? null : FromHeader(header);
    }

    private static Credential FromPath(HttpRequest request, string path)
    {
        var end = path.IndexOf('/', PathPrefix.Length);
        var (secret, rest) = end < 0 ? ("", "/") : (path[PathPrefix.Length..end], "/" + path[end..].TrimStart('/'));
        request.Path = rest;
        // Other doors have better ways, and this one must not make a link to a page out of a secret.
        var isOpen = rest.StartsWith("/streams/", StringComparison.Ordinal) || rest.StartsWith("/images/", StringComparison.Ordinal);
        return new(isOpen ? secret : "", IsBearer: false, IsInPath: true);
    }

    private static Credential FromHeader(string header)
    {
        if (!AuthenticationHeaderValue.TryParse(header, out var value))
            return new("", IsBearer: false, IsInPath: false);
        // The Incus client sends one without a token to be told how to get one.
        if (string.Equals(value.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase))
            return new(value.Parameter ?? "", IsBearer: true, IsInPath: false);
        if (value.Parameter is not { } parameter)
            return new("", IsBearer: false, IsInPath: false);
        return new(string.Equals(value.Scheme, "Basic", StringComparison.OrdinalIgnoreCase) ? Password(parameter) : "", IsBearer: false, IsInPath: false);
    }

    /// <summary>RFC 7617. The user's name is free; one without a password is the token itself.</summary>
    private static string Password(string parameter)
    {
        Span<byte> bytes = new byte[parameter.Length];
        if (!Convert.TryFromBase64String(parameter, bytes, out var length))
            return "";
        var pair = Encoding.UTF8.GetString(bytes[..length]);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 || colon == pair.Length - 1 ? pair.TrimEnd(':') : pair[(colon + 1)..];
    }
}
