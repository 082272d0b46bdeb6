using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Stapes.Protocols.Incus.Server;

/// <summary><c>POST /1.0/images/{fingerprint}/refresh</c>: a newer version takes an image's place, if its source has one.</summary>
internal static class Refreshes
{
    public static async Task<IResult> PostAsync(IncusCall call)
    {
        var image = await call.ImageAsync();
        var start = new OperationRecord { Description = "Refreshing image", Resources = Urls.Resources(image.Key), MayCancel = true };
        return Reply.Started(call.Start(image.Project, start, async operation =>
        {
            var newer = await call.Api.Updates.UpdateAsync(image, operation);
            operation.SetMetadata(("refreshed", JsonValue.Create(newer is not null)));
        }));
    }
}
