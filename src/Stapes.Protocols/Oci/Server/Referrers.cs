using System.Text.Json;

namespace Stapes.Protocols.Oci.Server;

/// <summary>Which manifests are about another one. Source: OCI distribution-spec 1.1, «Listing Referrers».</summary>
internal static class Referrers
{
    private const int PageSize = 500;

    /// <summary>Annotations are as long as a manifest may be: a page ends where they are more than this, but has at least one.</summary>
    private const int LargestAnnotations = 2 << 20;

    public static async Task GetAsync(RegistryCall call)
    {
        var subject = call.Digest;
        call.Require(RegistryAccess.Pull);
        var type = call.Query("artifactType");
        var found = await call.Registry.Repositories.ListReferrersAsync(
            call.Name, subject, type, call.Query("last") ?? "", PageSize + 1, LargestAnnotations, call.Cancellation);
        var (count, annotations) = (0, 0L);
        while (count < Math.Min(found.Count, PageSize) && (count == 0 || annotations + (found[count].Annotations?.Length ?? 0) <= LargestAnnotations))
            annotations += found[count++].Annotations?.Length ?? 0;
        if (count < found.Count)
            Lists.LinkNext(call.Http, found[count - 1].Digest, ("artifactType", type));
        if (type is not null)
            call.Http.Response.Headers["OCI-Filters-Applied"] = "artifactType";
        var index = new OciIndex
        {
            MediaType = OciMediaTypes.Index,
            Manifests = [.. found.Take(count).Select(static r => new OciDescriptor
            {
                MediaType = r.MediaType,
                Digest = r.Digest,
                Size = r.Size,
                ArtifactType = r.ArtifactType,
                Annotations = r.Annotations is null ? null : JsonSerializer.Deserialize(r.Annotations, RegistryJson.Context.Annotations),
            })],
        };
        await RegistryReply.WriteJsonAsync(call.Http, JsonSerializer.SerializeToUtf8Bytes(index, OciJson.Context.OciIndex), OciMediaTypes.Index);
    }
}
