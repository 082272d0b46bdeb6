using Microsoft.AspNetCore.Http;
using Stapes.Core.Library;
using Stapes.Protocols.Shared;

namespace Stapes.Protocols.Oci.Server;

/// <summary>Blobs that are there. Sources: OCI distribution-spec 1.1, «Pulling blobs», «Deleting Blobs».</summary>
internal static class Blobs
{
    public static async Task GetAsync(RegistryCall call)
    {
        var digest = call.Digest;
        if (!call.Access.May(RegistryAccess.Pull, call.Name) || !await TrySendAsync(call, digest))
        {
            if (await TrySendStoredAsync(call, digest))
                return;
            call.Require(RegistryAccess.Pull);
            throw RegistryException.BlobUnknown(digest);
        }
    }

    private static async Task<bool> TrySendAsync(RegistryCall call, string digest)
    {
        var repositories = call.Registry.Repositories;
        // Whoever may push asks in order not to push it again: it must still be there when the manifest comes.
        var isPusher = HttpMethods.IsHead(call.Http.Request.Method) && call.Access.May(RegistryAccess.Push, call.Name);
        var found = isPusher
            ? await repositories.RenewBlobAsync(call.Name, digest, call.Cancellation)
            : await repositories.FindBlobAsync(call.Name, digest, call.Cancellation);
        await using var blob = found is null ? null : await repositories.OpenBlobAsync(found, call.Cancellation);
        if (blob is null)
            return false;
        call.Http.Response.Headers["Docker-Content-Digest"] = digest;
        await BlobResponse.SendAsync(
            call.Http, new(blob, found!.Bytes) { IsPrivate = !call.Access.Policy.IsPublic(call.Name) }, call.Cancellation);
        return true;
    }

    /// <summary>A file or the configuration of an image of the store, under the names of such ones.</summary>
    private static async Task<bool> TrySendStoredAsync(RegistryCall call, string digest)
    {
        if (!StoredImages.IsName(call.Name) || !OciDigest.TryParse(digest, out var parsed) || parsed.Sha256 is not { } sha256)
            return false;
        var headers = call.Http.Response.Headers;
        if (await StoredImages.FindConfigAsync(call, sha256) is { } config)
        {
            headers["Docker-Content-Digest"] = digest;
            headers.CacheControl = "no-cache";
            await RegistryReply.WriteJsonAsync(call.Http, config, "application/octet-stream");
            return true;
        }

        var audience = call.Access.AudienceOf(call.Name);
        await using var blob = await call.Registry.Library.OpenBlobAsync(sha256, audience, call.Cancellation);
        if (blob is null)
            return false;
        headers["Docker-Content-Digest"] = digest;
        await BlobResponse.SendAsync(call.Http, new(blob, sha256) { IsPrivate = !audience.Equals(Audience.Everyone) }, call.Cancellation);
        return true;
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
