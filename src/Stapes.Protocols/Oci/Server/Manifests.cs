using System.Buffers;
using Microsoft.AspNetCore.Http;
using Stapes.Core;
using Stapes.Core.Repositories;
using Stapes.Protocols.Shared;

namespace Stapes.Protocols.Oci.Server;

/// <summary>Sources: OCI distribution-spec 1.1, «Pulling manifests», «Pushing Manifests», «Deleting Manifests», «Deleting tags».</summary>
internal static class Manifests
{
    private const int LargestManifest = 4 << 20;
    private const int MostTags = 100;

    public static async Task GetAsync(RegistryCall call)
    {
        var isDigest = OciDigest.TryParse(call.Reference, out _);
        var manifest = call.Access.May(RegistryAccess.Pull, call.Name) ? await FindAsync(call, isDigest) : null;
        manifest ??= await StoredImages.FindManifestAsync(call);
        if (manifest is null)
        {
            call.Require(RegistryAccess.Pull);
            throw RegistryException.ManifestUnknown(call.Reference);
        }

        var headers = call.Http.Response.Headers;
        var tag = $"\"{manifest.Digest}\"";
        headers["Docker-Content-Digest"] = manifest.Digest;
        headers.ETag = tag;
        headers.CacheControl = (isDigest, call.Access.Policy.IsPublic(call.Name)) switch
        {
            (true, true) => "public, max-age=31536000, immutable",
            (true, false) => "private, max-age=31536000, immutable",
            _ => "no-cache",
        };
        if (call.Http.Request.Headers.IfNoneMatch is { Count: > 0 } known && EntityTags.MatchesWeakly(known.ToString(), tag))
        {
            call.Http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await RegistryReply.WriteJsonAsync(call.Http, manifest.Content, manifest.MediaType);
    }

    public static async Task PutAsync(RegistryCall call)
    {
        call.Require(RegistryAccess.Push);
        var isDigest = OciDigest.TryParse(call.Reference, out var digest);
        string[] tags = isDigest ? [.. call.Http.Request.Query["tag"].OfType<string>().Distinct()] : [call.Reference];
        if (tags.Length > MostTags)
            throw new RegistryException(414, "UNSUPPORTED", $"A push takes at most {MostTags} tags");
        if (Array.Find(tags, static t => !RegistryPath.IsTag(t)) is { } wrong)
            throw InvalidReference(wrong);
        var content = await ReadAsync(call);
        var type = (call.Http.Request.ContentType ?? "").Split(';')[0].Trim();
        var push = ManifestReader.Read(content, type, isDigest ? digest : null) with { Tags = tags, Precondition = ConditionOf(call.Http.Request) };
        await call.Registry.Repositories.PushManifestAsync(call.Name, push, call.Cancellation);

        var headers = call.Http.Response.Headers;
        if (push.Blobs.Count(static b => b.IsElsewhere) is > 0 and var elsewhere)
            headers.Warning = $"299 - \"{elsewhere} layers name other servers to get them from: this registry may not have them\"";
        if (push.Subject is not null)
            headers["OCI-Subject"] = push.Subject;
        if (isDigest && tags.Length > 0)
            headers["OCI-Tag"] = string.Join(", ", tags);
        await RegistryReply.Empty(call.Http, StatusCodes.Status201Created,
            $"{RegistryPath.Root}{call.Name}/manifests/{push.Manifest.Digest}", push.Manifest.Digest);
    }

    public static async Task DeleteAsync(RegistryCall call)
    {
        call.Require(RegistryAccess.Delete);
        var isDigest = OciDigest.TryParse(call.Reference, out _);
        if (!isDigest && !RegistryPath.IsTag(call.Reference))
            throw InvalidReference(call.Reference);
        var repositories = call.Registry.Repositories;
        if (!(isDigest
            ? await repositories.DeleteManifestAsync(call.Name, call.Reference, call.Cancellation)
            : await repositories.DeleteTagAsync(call.Name, call.Reference, call.Cancellation)))
        {
            throw RegistryException.ManifestUnknown(call.Reference);
        }

        await RegistryReply.Empty(call.Http, StatusCodes.Status202Accepted);
    }

    private static ValueTask<StoredManifest?> FindAsync(RegistryCall call, bool isDigest)
    {
        var repositories = call.Registry.Repositories;
        if (isDigest)
            return repositories.FindManifestAsync(call.Name, call.Reference, call.Cancellation);
        return RegistryPath.IsTag(call.Reference)
            ? repositories.FindTaggedAsync(call.Name, call.Reference, call.Cancellation)
            : throw InvalidReference(call.Reference);
    }

    private static RegistryException InvalidReference(string reference) => reference.Contains(':', StringComparison.Ordinal)
        ? RegistryException.DigestInvalid(reference)
        : RegistryException.ManifestInvalid(
            $"\"{(reference.Length > 200 ? reference[..200] : reference)}\" is no tag: use at most 128 letters, digits, periods, dashes and underscores");

    /// <summary>Reads a body that is small by rule, however long the client says it is.</summary>
    private static async Task<byte[]> ReadAsync(RegistryCall call)
    {
        if (call.Http.Request.ContentLength > LargestManifest)
            throw TooLarge();
        using var content = new MemoryStream((int)(call.Http.Request.ContentLength ?? 0));
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            while (await call.Http.Request.Body.ReadAsync(buffer, call.Cancellation) is > 0 and var read)
            {
                if (content.Length + read > LargestManifest)
                    throw TooLarge();
                content.Write(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return content.ToArray();
    }

    private static RegistryException TooLarge() => new(413, "SIZE_INVALID", $"A manifest has at most {LargestManifest} bytes: put what is large into blobs");

    /// <summary>
    /// Clients without the referrers API change a list under a tag; with entity tags none of them undoes the change of another.
    /// Source: «Referrers Tag Schema».
    /// </summary>
    private static Action<string?>? ConditionOf(HttpRequest request)
    {
        var (match, none) = (request.Headers.IfMatch.ToString(), request.Headers.IfNoneMatch.ToString());
        if (match.Length == 0 && none.Length == 0)
            return null;
        return present =>
        {
            var tag = $"\"{present}\"";
            if ((match.Length > 0 && (present is null || !EntityTags.MatchesStrongly(match, tag))) || (none.Length > 0 && present is not null && EntityTags.MatchesWeakly(none, tag)))
            {
                throw new StapesException(ErrorKind.PreconditionFailed,
                    present is null ? "There is no such tag any more" : $"The tag leads to {present} now: read that and try again");
            }
        };
    }
}
