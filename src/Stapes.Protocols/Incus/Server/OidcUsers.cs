using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Access;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>/stapes/1.0/oidc</c>: users of the OpenID Connect issuer who were added by name, in the form of the API of Incus.</summary>
internal static class OidcUsers
{
    private const string Root = "/stapes/1.0/oidc/";

    public static Task<IResult> ListAsync(IncusCall call) => Task.FromResult(Reply.Sync(
        [.. call.Api.Access.State.Of(IdentityKind.Oidc).Select(Grants.Describe<OidcUserRecord>)], IncusJsonContext.Default.IReadOnlyListOidcUserRecord));

    public static Task<IResult> GetAsync(IncusCall call) =>
        Task.FromResult(Reply.Sync(Grants.Describe<OidcUserRecord>(Find(call)), IncusJsonContext.Default.OidcUserRecord));

    public static async Task<IResult> PostAsync(IncusCall call)
    {
        var post = await call.ReadJsonAsync(IncusJsonContext.Default.OidcUserRecord);
        var added = await call.Api.Access.AddUserAsync(Grants.Read(post), call.Cancellation);
        return Reply.Created(Root + Uri.EscapeDataString(added.Name));
    }

    public static async Task<IResult> DeleteAsync(IncusCall call)
    {
        await call.Api.Access.RemoveAsync(Find(call).Key, call.Cancellation);
        return Reply.Empty;
    }

    private static Identity Find(IncusCall call)
    {
        var name = call.LastPart(Root);
        return call.Api.Access.State.Identities.GetValueOrDefault(new(IdentityKind.Oidc, name))
            ?? throw new StapesException(ErrorKind.NotFound, $"There is no user \"{name}\": list them to see which there are");
    }
}
