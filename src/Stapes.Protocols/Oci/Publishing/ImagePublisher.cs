using Stapes.Core;
using Stapes.Core.Library;
using Stapes.Core.Repositories;
using Stapes.Protocols.Oci.Artifacts;
using Stapes.Protocols.Oci.Client;
using Stapes.Protocols.Oci.Images;

namespace Stapes.Protocols.Oci.Publishing;

/// <summary>
/// Offers what is pushed to the registry as images of the store, and by that over every protocol: an application image of a public
/// repository in the form that Incus launches, once for each architecture, and an artifact as the system image or virtual machine that it
/// holds. Their alias is <c>REPOSITORY:TAG</c>, and for the tag <c>latest</c> also <c>REPOSITORY</c>; it follows the tag, and what it leaves goes.
/// </summary>
/// <param name="library">The store.</param>
/// <param name="form">Converts.</param>
public sealed class ImagePublisher(ImageLibrary library, IncusForm form)
{
    /// <summary>Makes the images of a tag visible, one after the other; those that are there already get the aliases. Run for one tag at a time.</summary>
    /// <param name="source">What the tag leads to.</param>
    /// <param name="tag">The tag as it is to be known afterwards; its images are found here.</param>
    /// <param name="cancellation">Ends it; an image is there as a whole or not at all, and the next attempt goes on.</param>
    /// <returns>The images, and why others could not be made; neither for artifacts of other kinds.</returns>
    /// <exception cref="StapesException">Full, Unavailable: it is worth another attempt.</exception>
    public async Task<PublishOutcome> PublishAsync(PublishedManifest source, PublishedTag tag, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(tag);
        var images = await TagImages.OpenAsync(library, tag, cancellation);
        var failures = new List<StapesException>();
        if (!await images.AddSameAsync(cancellation))
        {
            await TryAsync(async () =>
            {
                await foreach (var manifest in source.ReadManifestsAsync(cancellation))
                    await TryAsync(() => PublishAsync(source, manifest, images, cancellation), failures);
            }, failures);
        }

        // What sqfstar could not do is not done: the next server, which may have another one, tries again.
        var left = failures.Find(static f => f is SqfstarException)?.Message;
        return new(
            await images.EndAsync(left is null ? tag.Digest : "", cancellation), [.. failures.Where(static f => f is not SqfstarException).Select(static f => f.Message)], left);
    }

    /// <summary>Takes back what was made of a tag that is gone.</summary>
    /// <exception cref="StapesException">Full, Unavailable: it is worth another attempt.</exception>
    public async Task WithdrawAsync(PublishedTag tag, CancellationToken cancellation) =>
        await (await TagImages.OpenAsync(library, tag, cancellation)).WithdrawAsync(cancellation);

    private async Task PublishAsync(PublishedManifest source, OciManifest manifest, TagImages images, CancellationToken cancellation)
    {
        if (ImageArtifact.IsOne(manifest))
            await PublishArtifactAsync(source, manifest, images, cancellation);
        else if (images.IsPublic && ApplicationImage.IsOne(manifest))
            await PublishApplicationAsync(source, manifest, images, cancellation);
    }

    private async Task PublishApplicationAsync(PublishedManifest source, OciManifest manifest, TagImages images, CancellationToken cancellation)
    {
        var config = await source.ReadAsync(manifest.Config!, OciJson.Context.OciImageConfig, cancellation);
        // Images for many architectures have some that Incus does not know: the others count.
        if (source.IsIndex && ApplicationImage.ReadArchitecture(config.Architecture, config.Variant) is null)
            return;
        // What is made of the layers grows as they are read.
        var image = ApplicationImage.Read(manifest, config, async (layer, end) => library.Limits.Watch(await source.OpenAsync(layer, end)));
        using var files = await form.MakeAsync(image, library.StagingDirectory, cancellation);
        using var staged = await library.StageAsync(files, files.MadeFingerprint!.Value, cancellation);
        await images.AddAsync(staged, ApplicationProperties.Of(new(source.Repository, source.Tag), image), cancellation);
    }

    private async Task PublishArtifactAsync(PublishedManifest source, OciManifest manifest, TagImages images, CancellationToken cancellation)
    {
        var (metadata, root) = ImageArtifact.FindFiles(manifest);
        var about = manifest.Config?.MediaType is ArtifactTypes.Config ? await source.ReadAsync(manifest.Config, OciJson.Context.ArtifactConfig, cancellation) : new();
        using var staged = await library.StageAsync(new(Upload(metadata, source), root is null ? null : Upload(root, source)), cancellation);
        await images.AddAsync(staged, about.Properties ?? PropertyDictionary.Empty, cancellation);
    }

    private static async Task TryAsync(Func<Task> work, List<StapesException> failures)
    {
        try
        {
            await work();
        }
        catch (StapesException e) when (e is SqfstarException || e.Kind is not (ErrorKind.Full or ErrorKind.Unavailable))
        {
            failures.Add(e);
        }
    }

    private static UploadedFile Upload(OciDescriptor layer, PublishedManifest source) =>
        new(layer.Digest ?? "", cancellation => source.OpenAsync(layer, cancellation));
}

/// <summary>What became of a tag.</summary>
/// <param name="Images">The images that it leads to.</param>
/// <param name="Failures">Why others could not be made.</param>
/// <param name="Left">Why sqfstar failed with one: until there is another one, another attempt fails like this one. Null when it did not.</param>
public sealed record PublishOutcome(IReadOnlyList<Image> Images, IReadOnlyList<string> Failures, string? Left);
