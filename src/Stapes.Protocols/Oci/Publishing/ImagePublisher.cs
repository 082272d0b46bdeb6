using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Protocols.Oci.Artifacts;
using Stapes.Protocols.Oci.Client;
using Stapes.Protocols.Oci.Images;

namespace Stapes.Protocols.Oci.Publishing;

/// <summary>
/// Offers what is pushed to the registry as images of the store, and by that over every protocol: an application image in the form that
/// Incus launches, once for each architecture, and an artifact as the system image or virtual machine that it holds. Their alias is
/// <c>REPOSITORY:TAG</c>, and for the tag <c>latest</c> also <c>REPOSITORY</c>; it follows the tag, and what it leaves goes.
/// </summary>
/// <param name="library">The store.</param>
/// <param name="form">Converts.</param>
/// <param name="directory">Where files lie while they are made: on the file system of the store.</param>
public sealed class ImagePublisher(ImageLibrary library, IncusForm form, string directory)
{
    private const string DefaultTag = "latest";

    /// <summary>Makes the images visible, one after the other; those that are there already get the aliases.</summary>
    /// <param name="manifest">What was pushed.</param>
    /// <param name="isPublic">Whether strangers may have them.</param>
    /// <param name="cancellation">Ends it; an image is there as a whole or not at all.</param>
    /// <returns>The images; none for artifacts of other kinds.</returns>
    /// <exception cref="StapesException">Invalid: it cannot be an image. NotFound: a blob is missing. Full. Unavailable.</exception>
    public async Task<IReadOnlyList<Image>> PublishAsync(PublishedManifest manifest, bool isPublic, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var images = new List<Image>();
        foreach (var one in await manifest.ReadManifestsAsync(cancellation))
        {
            if (ImageArtifact.IsOne(one))
                images.Add(await PublishArtifactAsync(manifest, one, isPublic, cancellation));
            else if (ApplicationImage.IsOne(one))
                images.Add(await PublishApplicationAsync(manifest, one, isPublic, cancellation));
        }

        return images;
    }

    private async Task<Image> PublishApplicationAsync(PublishedManifest source, OciManifest manifest, bool isPublic, CancellationToken cancellation)
    {
        var config = await source.ReadAsync(manifest.Config!, OciJson.Context.OciImageConfig, cancellation);
        var image = ApplicationImage.Read(manifest, config, source.OpenAsync);
        using var files = await form.MakeAsync(image, directory, cancellation);
        return await AddAsync(
            new(Upload(files.Metadata), Upload(files.Root!)), source, isPublic, ApplicationProperties.Of(new(source.Repository, source.Tag), image), cancellation);
    }

    private async Task<Image> PublishArtifactAsync(PublishedManifest source, OciManifest manifest, bool isPublic, CancellationToken cancellation)
    {
        var (metadata, root) = ImageArtifact.FindFiles(manifest);
        var about = manifest.Config?.MediaType is ArtifactTypes.Config ? await source.ReadAsync(manifest.Config, OciJson.Context.ArtifactConfig, cancellation) : new();
        return await AddAsync(
            new(Upload(metadata, source), root is null ? null : Upload(root, source)), source, isPublic, about.Properties ?? PropertyDictionary.Empty, cancellation);
    }

    private async Task<Image> AddAsync(
        ImageUpload upload, PublishedManifest source, bool isPublic, IReadOnlyDictionary<string, string> properties, CancellationToken cancellation)
    {
        using var staged = await library.StageAsync(upload, cancellation);
        var image = staged.Image;
        var snapshot = await library.GetSnapshotAsync(cancellation);
        var aliases = Aliases(source).Where(a => IsOurs(snapshot, a, image)).ToList();
        var left = aliases.Select(a => snapshot.Resolve(Image.DefaultProject, a, image.Type, image.Metadata.Architecture)).OfType<Image>().Where(i => i.Fingerprint != image.Fingerprint).ToList();
        var added = snapshot.Find(Image.DefaultProject, image.Fingerprint) is { } present
            ? await LeadAsync(present, aliases, isPublic, cancellation)
            : await library.AddAsync(
                staged, new() { Public = isPublic, Properties = properties, Aliases = [.. aliases.Select(static a => new ImageAlias(a, ""))], ReplaceAliases = true }, cancellation);
        foreach (var old in left.DistinctBy(static i => i.Fingerprint))
            await DeleteUnnamedAsync(old.Key, cancellation);
        return added;
    }

    /// <summary>Leads the aliases to an image that is there already; it becomes public where it was not, never private.</summary>
    private async Task<Image> LeadAsync(Image image, IEnumerable<string> aliases, bool isPublic, CancellationToken cancellation)
    {
        foreach (var name in aliases.Where(a => image.Aliases.All(present => present.Name != a)))
        {
            var key = new AliasKey(image.Project, name);
            var snapshot = await library.GetSnapshotAsync(cancellation);
            if (snapshot.FindAlias(image.Project, name) is null)
            {
                await library.CreateAliasAsync(key, "", image.Fingerprint, cancellation);
                continue;
            }

            await library.UpdateAliasAsync(key, present => present with
            {
                Targets = [.. present.Targets.Where(t => t.Type != image.Type || t.Architecture != image.Architecture), new(image.Type, image.Architecture, image.Fingerprint)],
            }, cancellation);
        }

        return await library.UpdateAsync(image.Key, present => present with { Public = present.Public || isPublic }, cancellation);
    }

    private async Task DeleteUnnamedAsync(ImageKey key, CancellationToken cancellation)
    {
        if ((await library.GetSnapshotAsync(cancellation)).Find(key.Project, key.Fingerprint) is { Aliases: [] })
            await library.DeleteAsync(key, precondition: null, cancellation);
    }

    private static IEnumerable<string> Aliases(PublishedManifest source) =>
        source.Tag == DefaultTag ? [$"{source.Repository}:{source.Tag}", source.Repository] : [$"{source.Repository}:{source.Tag}"];

    /// <summary>A name that somebody gave to another image is not taken from it; one with a tag is nobody else's.</summary>
    private static bool IsOurs(ImageSnapshot snapshot, string alias, ReadImage image) => alias.Contains(':', StringComparison.Ordinal)
        || snapshot.Resolve(Image.DefaultProject, alias, image.Type, image.Metadata.Architecture) is not { } present
        || present.Aliases.Any(a => a.Name == $"{alias}:{DefaultTag}");

    private static UploadedFile Upload(FetchedImageFile file) => new(file.Name, _ => ValueTask.FromResult<Stream>(
        new FileStream(file.Content.TemporaryPath, new FileStreamOptions { BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan, Share = FileShare.ReadWrite | FileShare.Delete })));

    private static UploadedFile Upload(OciDescriptor layer, PublishedManifest source) => new(layer.Digest ?? "", cancellation => source.OpenAsync(layer, cancellation));
}
