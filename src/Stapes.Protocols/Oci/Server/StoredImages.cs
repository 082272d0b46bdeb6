using System.Runtime.CompilerServices;
using System.Text.Json;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Repositories;
using Stapes.Protocols.Oci.Artifacts;

namespace Stapes.Protocols.Oci.Server;

/// <summary>
/// The images of the store as artifacts that nobody pushed: by their aliases as <c>images/ALIAS</c>, by their fingerprints as
/// <c>images:FINGERPRINT</c>. Who may see an image may pull it, whatever repositories are public. What was pushed under such a name wins.
/// </summary>
internal static class StoredImages
{
    private const string Name = "images";
    private const int ShortestFingerprint = 12;

    private static readonly ConditionalWeakTable<Image, ImageArtifact> Artifacts = [];

    public static bool IsName(string repository) => repository == Name || repository.StartsWith(Name + "/", StringComparison.Ordinal);

    /// <summary>The manifest of an image, or an index of those that an alias leads to; null when there is none for the caller.</summary>
    public static async Task<StoredManifest?> FindManifestAsync(RegistryCall call)
    {
        if (!IsName(call.Name))
            return null;
        var images = await FindAsync(call);
        if (!OciDigest.TryParse(call.Reference, out var digest))
            return images.FirstOrDefault(n => n.Tag == call.Reference || IsPrefix(call, n)) is { } named ? Describe(named.Images) : null;
        return images.Select(static n => Describe(n.Images)).Concat(images.SelectMany(static n => n.Images).Select(static i => Describe([i])))
            .FirstOrDefault(m => m.Digest == digest.ToString());
    }

    /// <summary>The configuration of an image with that digest; null when it is none of an image for the caller.</summary>
    public static async Task<byte[]?> FindConfigAsync(RegistryCall call, Sha256Digest digest) => IsName(call.Name)
        ? (await FindAsync(call)).SelectMany(static n => n.Images).Select(ArtifactOf).FirstOrDefault(a => Digests.Of(a.Config) == digest)?.Config
        : null;

    /// <summary>The tags of a name, sorted; none where there is no image for the caller.</summary>
    public static async Task<IReadOnlyList<string>> ListTagsAsync(RegistryCall call) => IsName(call.Name)
        ? [.. (await FindAsync(call)).Select(static n => n.Tag).Distinct().Order(StringComparer.Ordinal)]
        : [];

    /// <summary>What the caller may see of a name.</summary>
    private static async Task<IReadOnlyList<NamedImages>> FindAsync(RegistryCall call)
    {
        var snapshot = await call.Registry.Library.GetSnapshotAsync(call.Cancellation);
        var audience = call.Access.AudienceOf(call.Name);
        if (call.Name == Name)
        {
            return [.. snapshot.Images.Where(audience.MaySee).DistinctBy(static i => i.Fingerprint)
                .Select(static i => new NamedImages(i.Fingerprint.Hex[..ShortestFingerprint], [i]))];
        }

        var rest = call.Name[(Name.Length + 1)..];
        var found = InProject(snapshot, audience, Image.DefaultProject, rest);
        var project = call.Access.Policy.ProjectOf(rest);
        return project == Image.DefaultProject ? found : [.. found, .. InProject(snapshot, audience, project, rest[(project.Length + 1)..])];
    }

    private static IReadOnlyList<NamedImages> InProject(ImageSnapshot snapshot, Audience audience, string project, string name) =>
    [
        .. from alias in snapshot.Aliases
           where alias.Project == project && alias.Name.StartsWith(name, StringComparison.Ordinal)
           let tag = TagOf(alias.Name[name.Length..])
           where tag is not null
           let images = alias.Targets.Select(t => snapshot.Find(project, t.Fingerprint)).OfType<Image>().Where(audience.MaySee).ToList()
           where images.Count > 0
           select new NamedImages(tag, images),
    ];

    /// <summary>The tag for what an alias has behind the name of the repository: <c>:13</c> and <c>/13</c> are the tag 13, nothing is the latest.</summary>
    private static string? TagOf(string end) => end switch
    {
        "" => "latest",
        [':' or '/', .. var tag] when RegistryPath.IsTag(tag) => tag,
        _ => null,
    };

    private static bool IsPrefix(RegistryCall call, NamedImages named) => call.Name == Name
        && call.Reference.Length > ShortestFingerprint && named.Images[0].Fingerprint.Hex.StartsWith(call.Reference, StringComparison.Ordinal);

    private static StoredManifest Describe(IReadOnlyList<Image> images)
    {
        if (images is [var only])
        {
            var artifact = ArtifactOf(only);
            return new(OciDigest.From(artifact.Digest).ToString(), OciMediaTypes.Manifest, artifact.Manifest);
        }

        var index = JsonSerializer.SerializeToUtf8Bytes(new()
        {
            MediaType = OciMediaTypes.Index,
            Manifests = [.. images.Select(static i => EntryOf(ArtifactOf(i), i.Architecture))],
        }, OciJson.Context.OciIndex);
        return new(OciDigest.From(Digests.Of(index)).ToString(), OciMediaTypes.Index, index);
    }

    private static OciDescriptor EntryOf(ImageArtifact artifact, Architecture architecture) => new()
    {
        MediaType = OciMediaTypes.Manifest,
        Digest = OciDigest.From(artifact.Digest).ToString(),
        Size = artifact.Manifest.Length,
        Platform = new() { Architecture = ImageArtifact.GoName(architecture), Os = "linux" },
        ArtifactType = ArtifactTypes.Image,
    };

    private static ImageArtifact ArtifactOf(Image image) => Artifacts.GetValue(image, static i => ImageArtifact.From(ArtifactContent.Of(i)));

    /// <summary>Images under one tag.</summary>
    private sealed record NamedImages(string Tag, IReadOnlyList<Image> Images);
}
