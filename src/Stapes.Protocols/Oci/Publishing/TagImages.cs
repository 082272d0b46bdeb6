using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Repositories;

namespace Stapes.Protocols.Oci.Publishing;

/// <summary>
/// The images of one tag while they come and go. What a tag makes is noted before it is there, so that it can be taken back whenever the
/// process dies; what somebody else added is never deleted.
/// </summary>
internal sealed class TagImages
{
    private const string DefaultTag = "latest";

    private readonly ImageLibrary library;
    private readonly IPublishedTags tags;
    private readonly PublishedTag tag;
    private readonly PublishedTag? before;
    private readonly IReadOnlyList<string> aliases;
    private readonly List<Image> images = [];
    private readonly HashSet<Sha256Digest> made = [];

    private TagImages(ImageLibrary library, PublishedTag tag, PublishedTag? before, IReadOnlyList<string> aliases)
    {
        this.library = library;
        tags = library.Repositories.Published;
        this.tag = tag;
        this.before = before;
        this.aliases = aliases;
    }

    public bool IsPublic => tag.IsPublic;

    public static async Task<TagImages> OpenAsync(ImageLibrary library, PublishedTag tag, CancellationToken cancellation)
    {
        var before = await library.Repositories.Published.FindAsync(tag.Repository, tag.Tag, cancellation);
        return new(library, tag, before, Aliases(await library.GetSnapshotAsync(cancellation), tag));
    }

    /// <summary>Takes the images that another tag made of the same manifest. False when there are none.</summary>
    public async Task<bool> AddSameAsync(CancellationToken cancellation)
    {
        if (await tags.FindSameAsync(tag, cancellation) is not { Images.Count: > 0 } same)
            return false;
        var snapshot = await library.GetSnapshotAsync(cancellation);
        var present = same.Images.Select(i => snapshot.Find(tag.Project, i.Fingerprint)).OfType<Image>().ToList();
        if (present.Count < same.Images.Count)
            return false;
        foreach (var image in present)
            await TakeAsync(image, cancellation);
        return true;
    }

    /// <summary>Adds an image, unless there is one for its architecture: the first of an index counts.</summary>
    public async Task AddAsync(StagedUpload staged, IReadOnlyDictionary<string, string> properties, CancellationToken cancellation)
    {
        var image = staged.Image;
        if (images.Any(i => i.Type == image.Type && i.Architecture == image.Metadata.Architecture))
            return;
        if ((await library.GetSnapshotAsync(cancellation)).Find(tag.Project, image.Fingerprint) is { } present)
        {
            await TakeAsync(present, cancellation);
            return;
        }

        made.Add(image.Fingerprint);
        await tags.SetAsync(tag with { Digest = "", Images = [.. made.Select(static f => new PublishedImage(f, IsMade: true)).UnionBy(before?.Images ?? [], static i => i.Fingerprint)] }, cancellation);
        images.Add(await library.AddAsync(staged, new()
        {
            Project = tag.Project,
            Public = tag.IsPublic,
            Properties = properties,
            Aliases = [.. aliases.Select(static a => new ImageAlias(a, ""))],
            ReplaceAliases = true,
        }, cancellation));
    }

    /// <summary>Leads the aliases to the images and nowhere else, and lets go of those that the tag led to before.</summary>
    /// <param name="digest">The manifest that is done with; empty when something is left to do.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<IReadOnlyList<Image>> EndAsync(string digest, CancellationToken cancellation)
    {
        await LetGoAsync(cancellation);
        await tags.SetAsync(tag with { Digest = digest, Images = [.. images.Select(i => new PublishedImage(i.Fingerprint, made.Contains(i.Fingerprint)))] }, cancellation);
        return images;
    }

    public async Task WithdrawAsync(CancellationToken cancellation)
    {
        await LetGoAsync(cancellation);
        await tags.DeleteAsync(tag.Repository, tag.Tag, cancellation);
    }

    /// <summary>An image that is there: one that tags made is public while one of them is; of others, none becomes private.</summary>
    private async Task TakeAsync(Image image, CancellationToken cancellation)
    {
        var others = await OthersAsync(image.Key, cancellation);
        var isMade = others.Any(static o => o.IsMade) || before?.Images.Any(i => i.IsMade && i.Fingerprint == image.Fingerprint) is true;
        if (isMade)
            made.Add(image.Fingerprint);
        images.Add(await ShowAsync(image, tag.IsPublic || (isMade ? others.Any(static o => o.IsPublic) : image.Public), cancellation));
    }

    private async Task<Image> ShowAsync(Image image, bool isPublic, CancellationToken cancellation) =>
        image.Public == isPublic ? image : await library.UpdateAsync(image.Key, present => present with { Public = isPublic }, cancellation);

    private async Task LetGoAsync(CancellationToken cancellation)
    {
        if (images.Count == 0 && before is not { Images.Count: > 0 })
            return;
        foreach (var alias in aliases)
            await LeadAsync(new(tag.Project, alias), images, cancellation);
        if (before is null)
            return;
        // A repository changes its project when one of its name is made.
        var isMoved = before.Project != tag.Project;
        if (isMoved)
            await LeadAsync(new(before.Project, Full(tag)), [], cancellation);
        foreach (var old in before.Images.Where(old => old.IsMade && (isMoved || images.All(i => i.Fingerprint != old.Fingerprint))))
            await DeleteUnneededAsync(new(before.Project, old.Fingerprint), cancellation);
    }

    private async Task LeadAsync(AliasKey key, IReadOnlyList<Image> to, CancellationToken cancellation)
    {
        var present = (await library.GetSnapshotAsync(cancellation)).FindAlias(key.Project, key.Name);
        var targets = to.Select(static i => new AliasTarget(i.Type, i.Architecture, i.Fingerprint)).ToList();
        if (present is null)
        {
            foreach (var image in to)
                await library.CreateAliasAsync(key, "", image.Fingerprint, cancellation);
        }
        else if (!present.Targets.ToHashSet().SetEquals(targets))
        {
            await library.UpdateAliasAsync(key, alias => alias with { Targets = targets }, cancellation);
        }
    }

    private async Task DeleteUnneededAsync(ImageKey key, CancellationToken cancellation)
    {
        if ((await library.GetSnapshotAsync(cancellation)).Find(key.Project, key.Fingerprint) is not { } image)
            return;
        var others = await OthersAsync(key, cancellation);
        if (others.Count > 0)
            await ShowAsync(image, others.Any(static o => o.IsPublic), cancellation);
        else if (image.Aliases.Count == 0)
            await library.DeleteAsync(key, precondition: null, cancellation);
        else
            await ShowAsync(image, isPublic: false, cancellation);
    }

    private async Task<IReadOnlyList<ImageHolder>> OthersAsync(ImageKey image, CancellationToken cancellation) =>
        [.. (await tags.ListHoldersAsync(image.Project, image.Fingerprint, cancellation)).Where(h => h.Repository != tag.Repository || h.Tag != tag.Tag)];

    /// <summary>The name of the repository alone is the tag's too, unless somebody gave it to another image; the one with the tag is nobody else's.</summary>
    private static IReadOnlyList<string> Aliases(ImageSnapshot snapshot, PublishedTag tag)
    {
        var full = Full(tag);
        if (tag.Tag != DefaultTag)
            return [full];
        var own = snapshot.FindAlias(tag.Project, full)?.Targets ?? [];
        return snapshot.FindAlias(tag.Project, tag.Repository) is { } alias && alias.Targets.Any(t => !own.Contains(t)) ? [full] : [full, tag.Repository];
    }

    private static string Full(PublishedTag tag) => $"{tag.Repository}:{tag.Tag}";
}
