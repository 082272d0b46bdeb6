using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Stapes.Protocols.Shared.Authentication;

namespace Stapes.Protocols.Oci.Server;

/// <summary>
/// Gives tokens for credentials, or for none. Sources: Docker Registry, «Token Authentication Specification» (GET with basic credentials)
/// and «Docker Registry v2 authentication via OAuth2» (POST of a form).
/// </summary>
internal static class TokenEndpoint
{
    private const int MostScopes = 100;
    private const int LargestForm = 64 << 10;

    public static Task GetAsync(RegistryCall call) => ReplyAsync(call, call.Access, call.Http.Request.Query["scope"]);

    public static async Task PostAsync(RegistryCall call)
    {
        var request = call.Http.Request;
        if (request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) is not true)
            throw new RegistryException(400, "UNSUPPORTED", "The token endpoint takes a form: grant_type=password&username=…&password=…&scope=…");
        call.Http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = LargestForm;
        var form = await request.ReadFormAsync(call.Cancellation);
        if (form["grant_type"] != "password")
            throw new RegistryException(400, "UNSUPPORTED", "The token endpoint takes grant_type=password only; it gives no refresh tokens");
        var credentials = $"{form["username"]}:{form["password"]}";
        request.Headers.Authorization = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials));
        await call.Registry.Authenticate(call.Http);
        if (call.Http.Features.Get<RefusedCredentials>() is { } refused)
            await refused.AnswerAsync(call.Http);
        else
            await ReplyAsync(call, RegistryAuthentication.AccessOf(call.Http, call.Registry.Policy), form["scope"]);
    }

    private static Task ReplyAsync(RegistryCall call, RegistryAccess access, IReadOnlyList<string?> asked)
    {
        TokenScope[] scopes = [.. asked.SelectMany(static s => (s ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Take(MostScopes)
            .Select(s => Grant(access, s)).OfType<TokenScope>()];
        var (token, now) = call.Registry.Tokens.Issue(access.Caller, scopes);
        call.Http.Response.Headers.CacheControl = "no-store";
        return RegistryReply.WriteJsonAsync(call.Http, new()
        {
            Token = token,
            AccessToken = token,
            ExpiresIn = (int)RegistryTokens.Lifetime.TotalSeconds,
            IssuedAt = now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            Scope = string.Join(' ', scopes.Select(static s => $"{s.Type}:{s.Name}:{string.Join(',', s.Actions)}")),
        }, RegistryJson.Context.TokenReply);
    }

    /// <summary>The part of what was asked for that the caller may do; a token with less than a client needs is told where it is used.</summary>
    private static TokenScope? Grant(RegistryAccess access, string scope)
    {
        var (first, last) = (scope.IndexOf(':', StringComparison.Ordinal), scope.LastIndexOf(':'));
        if (first < 0 || last <= first || scope[..first] is not "repository")
            return null;
        var name = scope[(first + 1)..last];
        if (!RegistryPath.IsName(name))
            return null;
        var asked = scope[(last + 1)..].Split(',');
        string[] granted = [.. new[] { RegistryAccess.Pull, RegistryAccess.Push, RegistryAccess.Delete }
            // Which images of the store somebody sees is found out with each of them.
            .Where(a => (asked.Contains(a) || asked.Contains("*")) && (access.May(a, name) || (a is RegistryAccess.Pull && StoredImages.IsName(name))))];
        return granted is [] ? null : new("repository", name, granted);
    }
}
