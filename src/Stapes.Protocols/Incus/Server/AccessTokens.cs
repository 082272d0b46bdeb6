using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Access;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>/stapes/1.0/tokens</c>: access tokens, which Incus does not have, in the form of its API.</summary>
internal static class AccessTokens
{
    public static Task<IResult> ListAsync(IncusCall call) => Task.FromResult(Reply.Sync(
        [.. call.Api.Access.State.Of(IdentityKind.Token).Select(Grants.Describe<AccessTokenRecord>)], IncusJsonContext.Default.IReadOnlyListAccessTokenRecord));

    /// <summary>The answer holds the secret, which is kept nowhere.</summary>
    public static async Task<IResult> PostAsync(IncusCall call)
    {
        var post = await call.ReadJsonAsync(IncusJsonContext.Default.AccessTokenRecord);
        var (identity, secret) = await call.Api.Access.AddTokenAsync(Grants.Read(post), call.Cancellation);
        return Reply.Sync(Grants.Describe<AccessTokenRecord>(identity) with { Token = secret }, IncusJsonContext.Default.AccessTokenRecord);
    }

    public static async Task<IResult> DeleteAsync(IncusCall call)
    {
        var name = call.LastPart("/stapes/1.0/tokens/");
        var token = call.Api.Access.State.Of(IdentityKind.Token).FirstOrDefault(t => t.Name == name)
            ?? throw new StapesException(ErrorKind.NotFound, $"There is no access token \"{name}\": list them to see which there are");
        await call.Api.Access.RemoveAsync(token.Key, call.Cancellation);
        return Reply.Empty;
    }
}
