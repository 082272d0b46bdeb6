using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>Which image a caller may look at: one that is public, one of his projects, one that a secret was made for.</summary>
internal static class ImageAccess
{
    /// <exception cref="Core.StapesException">NotFound. Invalid: the prefix has several images.</exception>
    public static async ValueTask<(Image Image, Audience Audience)> FindAsync(IncusCall call)
    {
        var view = await call.ViewAsync();
        var prefix = call.Route("fingerprint");
        if (!call.Caller.MaySeePrivate(call.Project) && call.Query("secret") is { Length: > 0 } secret)
        {
            call.CheckAttempts();
            if (call.Api.Operations.UseToken(call.Project, prefix, secret) is not { Upload: null } token)
            {
                call.NoteFailedAttempt();
                return (view.Find(call.Project, prefix), view.Audience);
            }

            view = await call.Api.Views.GetAsync(Audience.Trusted, call.Cancellation);
            prefix = token.Key.Fingerprint.Hex;
        }

        return (view.Find(call.Project, prefix), view.Audience);
    }
}
