using Microsoft.AspNetCore.Http;
using Stapes.Protocols.Shared;

namespace Stapes.Protocols.Oci.Server;

/// <summary>Blobs that are there. Sources: OCI distribution-spec 1.1, «Pulling blobs», «Deleting Blobs».</summary>
internal static class Blobs
{
    public static async Task GetAsync(RegistryCall call)
    {
        var digest = call.Digest;
        call.Require(RegistryAccess.Pull);
        var repositories = call.Registry.Repositories;
        // Whoever may push asks in order not to push it again: it must still be there when the manifest comes.
        var isPusher = HttpMethods.IsHead(call.Http.Request.Method) && call.Access.May(RegistryAccess.Push, call.Name);
        var found = isPusher
            ? await repositories.RenewBlobAsync(call.Name, digest, call.Cancellation)
            : await repositories.FindBlobAsync(call.Name, digest, call.Cancellation);
        await using var blob = found is null ? null : await repositories.OpenBlobAsync(found, call.Cancellation);
        if (blob is null)
            throw RegistryException.BlobUnknown(digest);
        call.Http.Response.Headers["Docker-Content-Digest"] = digest;
        await BlobResponse.SendAsync(
            call.Http, new(blob, found!.Bytes) { IsPrivate = !call.Access.Policy.IsPublic(call.Name) }, call.Cancellation);
    }

    public static async Task DeleteAsync(RegistryCall call)
    {
        var digest = call.Digest;
        call.Require(RegistryAccess.Delete);
        if (!await call.Registry.Repositories.DeleteBlobAsync(call.Name, digest, call.Cancellation))
            throw RegistryException.BlobUnknown(digest);
        await RegistryReply.Empty(call.Http, StatusCodes.Status202Accepted);
    }
}
