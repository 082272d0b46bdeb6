using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stapes.Core.Access;

namespace Stapes.Protocols.Oci.Server;

/// <summary>
/// The registry's own tokens: JSON web tokens that only this server can make and read (RFC 7519, HMAC-SHA-256 as in RFC 7518, section 3.2).
/// </summary>
/// <param name="key">32 random bytes that no start changes.</param>
/// <param name="time">When they end.</param>
/// <param name="renew">Tells what a caller of a moment ago is now; null for nobody any more.</param>
public sealed class RegistryTokens(ReadOnlyMemory<byte> key, TimeProvider time, Func<Caller, Caller?> renew)
{
    /// <summary>A token for a hundred repositories with long names is shorter.</summary>
    private const int LongestToken = 48 << 10;

    /// <summary>{"alg":"HS256","typ":"JWT"}</summary>
    private const string Header = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

    /// <summary>Clients ask for a new token when it ends. Whom the server does not keep, but an authority or an issuer, loses a right no sooner.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Finds the caller of a request to the registry that shows one of these tokens, and notes what the token is for. Null for any other
    /// token: and for any other path, because it says nothing about other protocols. One that has expired makes a stranger, who is told.
    /// </summary>
    public ValueTask<Caller?> VerifyAsync(HttpContext context, string token, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(token);
        if (!IsForRegistry(context.Request.Path) || Read(token) is not { } claims)
            return default;
        // Who lost a right since then has it no longer; who is nobody any more has to show who they are.
        var caller = claims.Role is null ? Caller.Stranger : renew(CallerOf(claims, claims.Role));
        var isExpired = caller is null || claims.Exp <= time.GetUtcNow().ToUnixTimeSeconds();
        context.Features.Set(new TokenGrant(claims.Access, isExpired));
        return new(isExpired ? Caller.Stranger : caller);
    }

    /// <summary>A token gets no other one: that would be for more, or for longer.</summary>
    private static bool IsForRegistry(PathString path) =>
        path.StartsWithSegments(RegistryPath.Segment, StringComparison.Ordinal) && path != RegistryPath.Token;

    /// <returns>The token, and when it was made.</returns>
    internal (string Token, DateTimeOffset Now) Issue(Caller caller, IReadOnlyList<TokenScope> access)
    {
        var now = time.GetUtcNow();
        var claims = new TokenClaims
        {
            Sub = caller.Name,
            Method = caller.Method.ToString(),
            Id = caller.Id,
            Key = caller.Key?.Id,
            Kind = caller.Key?.Kind.ToString(),
            Role = caller.Role?.ToString(),
            Projects = caller.Projects is null ? null : [.. caller.Projects],
            Exp = (now + Lifetime).ToUnixTimeSeconds(),
            Access = access,
        };
        var content = $"{Header}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims, RegistryJson.Context.TokenClaims))}";
        return ($"{content}.{Base64Url.EncodeToString(Mac(content))}", now);
    }

    /// <summary>Null when it is not one of this server's.</summary>
    private TokenClaims? Read(string token)
    {
        var end = token.LastIndexOf('.');
        if (token.Length > LongestToken || end <= Header.Length || !token.StartsWith(Header + '.', StringComparison.Ordinal)
            || !Base64Url.IsValid(token.AsSpan(end + 1))
            || !CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(token.AsSpan(end + 1)), Mac(token[..end])))
        {
            return null;
        }

        // Only this server can have signed it, so that it is well-formed.
        return JsonSerializer.Deserialize(Base64Url.DecodeFromChars(token.AsSpan((Header.Length + 1)..end)), RegistryJson.Context.TokenClaims);
    }

    private static Caller CallerOf(TokenClaims claims, string role) => new()
    {
        Name = claims.Sub,
        Method = Enum.Parse<CallerMethod>(claims.Method),
        Id = claims.Id,
        Key = claims is { Kind: { } kind, Key: { } id } ? new(Enum.Parse<IdentityKind>(kind), id) : null,
        Role = Enum.Parse<Role>(role),
        Projects = claims.Projects?.ToHashSet(StringComparer.Ordinal),
    };

    private byte[] Mac(string content) => HMACSHA256.HashData(key.Span, Encoding.UTF8.GetBytes(content));
}

/// <summary>What the token of a request is for. A feature of the request.</summary>
/// <param name="Scopes">What it allows.</param>
/// <param name="IsExpired">It did, but no longer does.</param>
internal sealed record TokenGrant(IReadOnlyList<TokenScope> Scopes, bool IsExpired);
