using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stapes.Core.Access;
using Stapes.Core.Repositories;

namespace Stapes.Protocols.Oci.Server;

/// <summary>Blobs on their way in. Source: OCI distribution-spec 1.1, «Pushing blobs».</summary>
internal static class Uploads
{
    private const string Sha256 = "sha256:";

    /// <summary>How many repositories are looked at for a blob of which the client does not say where it is.</summary>
    private const int MostHolders = 100;

    /// <summary>Begins an upload, takes the blob at once, or finds that it is there already.</summary>
    public static async Task BeginAsync(RegistryCall call)
    {
        call.Require(RegistryAccess.Push);
        if (call.Query("mount") is { } mount && await MountAsync(call, RegistryCall.ParseDigest(mount)))
            return;
        if (call.Query("digest") is { } digest)
        {
            var blob = await call.Registry.Repositories.Uploads.AddAsync(
                call.Name, call.Http.Request.Body, RegistryCall.ParseDigest(digest), call.Cancellation);
            await ReplyCreated(call, blob);
            return;
        }

        if (call.Query("digest-algorithm") is not (null or "sha256" or "sha512"))
            throw RegistryException.DigestInvalid(call.Query("digest-algorithm")!);
        var upload = await call.Registry.Repositories.Uploads.BeginAsync(call.Name, OwnerOf(call.Access.Caller), call.Cancellation);
        await ReplyAsync(call, upload, StatusCodes.Status202Accepted);
    }

    /// <summary>Names are not unique among those who prove themselves in different ways.</summary>
    private static string OwnerOf(Caller caller) => $"{caller.Method} {caller.Name} {caller.Id}";

    public static async Task GetAsync(RegistryCall call)
    {
        var upload = await FindAsync(call);
        await upload.SettleAsync(call.Cancellation);
        await ReplyAsync(call, upload, StatusCodes.Status204NoContent);
    }

    public static async Task AppendAsync(RegistryCall call)
    {
        var upload = await FindAsync(call);
        try
        {
            await call.Registry.Repositories.Uploads.AppendAsync(upload, ChunkOf(call), Algorithm(call), call.Cancellation);
        }
        catch (RepositoryException e) when (e.Fault is RepositoryFault.WrongOffset)
        {
            SetState(call, upload);
            throw;
        }

        await ReplyAsync(call, upload, StatusCodes.Status202Accepted);
    }

    public static async Task FinishAsync(RegistryCall call)
    {
        var upload = await FindAsync(call);
        var digest = RegistryCall.ParseDigest(call.Query("digest") ?? "");
        try
        {
            await ReplyCreated(call, await call.Registry.Repositories.Uploads.FinishAsync(upload, ChunkOf(call), digest, call.Cancellation));
        }
        catch (RepositoryException e) when (e.Fault is RepositoryFault.WrongOffset)
        {
            SetState(call, upload);
            throw;
        }
    }

    public static async Task CancelAsync(RegistryCall call)
    {
        await call.Registry.Repositories.Uploads.CancelAsync(await FindAsync(call), call.Cancellation);
        await RegistryReply.Empty(call.Http, StatusCodes.Status204NoContent);
    }

    private static async Task<BlobUpload> FindAsync(RegistryCall call)
    {
        call.Require(RegistryAccess.Push);
        return Guid.TryParseExact(call.Reference, "D", out var id)
            ? await call.Registry.Repositories.Uploads.FindAsync(call.Name, id, call.Cancellation)
            : throw new RegistryException(404, "BLOB_UPLOAD_UNKNOWN", "There is no such upload: begin a new one");
    }

    /// <summary>Without `from`, any repository will do that the caller may pull from. Source: «Mounting a blob from another repository».</summary>
    private static async Task<bool> MountAsync(RegistryCall call, string digest)
    {
        var repositories = call.Registry.Repositories;
        IReadOnlyList<string> sources = call.Query("from") is { } from ? [from] : await repositories.FindHoldersAsync(digest, MostHolders, call.Cancellation);
        foreach (var source in sources.Where(s => call.Access.May(RegistryAccess.Pull, s)))
        {
            if (await repositories.MountBlobAsync(source, call.Name, digest, call.Cancellation) is not { } blob)
                continue;
            await ReplyCreated(call, blob);
            return true;
        }

        return false;
    }

    /// <summary>Source: «Pushing a blob in chunks»: the range has no unit, and both of its ends are in it.</summary>
    private static UploadChunk ChunkOf(RegistryCall call)
    {
        var request = call.Http.Request;
        if (request.Headers.ContentRange is not [{ Length: > 0 } range, ..])
            return new(request.Body);
        // Some clients write the unit of RFC 9110 all the same.
        var text = range.StartsWith("bytes ", StringComparison.Ordinal) ? range["bytes ".Length..].Split('/')[0] : range;
        if (text.Split('-') is not [var first, var last] || !TryNumber(first, out var start) || !TryNumber(last, out var end) || end - start < -1)
            throw RegistryException.UploadInvalid($"\"{(range.Length > 100 ? range[..100] : range)}\" is no Content-Range of a chunk: write FIRST-LAST");
        var length = end - start + 1;
        if (request.ContentLength is { } declared && declared != length)
            throw new RegistryException(400, "SIZE_INVALID", $"The chunk has {declared} bytes, but its Content-Range {length}");
        return new(request.Body, start, length);
    }

    private static bool TryNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < long.MaxValue;

    /// <summary>By which digest the client will finish, as far as it said so.</summary>
    private static string Algorithm(RegistryCall call) => call.Query("digest-algorithm") is "sha512" ? "sha512:" : Sha256;

    private static Task ReplyAsync(RegistryCall call, BlobUpload upload, int status)
    {
        SetState(call, upload);
        return RegistryReply.Empty(call.Http, status);
    }

    private static void SetState(RegistryCall call, BlobUpload upload)
    {
        var headers = call.Http.Response.Headers;
        var algorithm = Algorithm(call) is Sha256 ? "" : "?digest-algorithm=sha512";
        headers.Location = $"{RegistryPath.Root}{call.Name}/blobs/uploads/{upload.Record.Id:D}{algorithm}";
        headers.Range = string.Create(CultureInfo.InvariantCulture, $"0-{Math.Max(upload.Length - 1, 0)}");
        headers["Docker-Upload-UUID"] = upload.Record.Id.ToString("D", CultureInfo.InvariantCulture);
    }

    private static Task ReplyCreated(RegistryCall call, RepositoryBlob blob) => RegistryReply.Empty(
        call.Http, StatusCodes.Status201Created, $"{RegistryPath.Root}{call.Name}/blobs/{blob.Digest}", blob.Digest);
}
