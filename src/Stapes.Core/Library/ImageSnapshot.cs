using Stapes.Core.Images;

namespace Stapes.Core.Library;

/// <summary>
/// All images and aliases at one moment; immutable. Lookups are binary searches, and a changed copy shares every unchanged record.
/// </summary>
public sealed class ImageSnapshot
{
    private readonly Image[] images;
    private readonly Alias[] aliases;

    private ImageSnapshot(long generation, Image[] images, Alias[] aliases)
    {
        Generation = generation;
        this.images = images;
        this.aliases = aliases;
    }

    public static ImageSnapshot Empty { get; } = new(0, [], []);

    /// <summary>
    /// Grows with every change, also over restarts: equal generations of one source have equal content, but for
    /// <see cref="Image.LastUsedAt"/>, which reading changes.
    /// </summary>
    public long Generation { get; }

    /// <summary>Sorted by project, then fingerprint (ordinal).</summary>
    public IReadOnlyList<Image> Images => images;

    /// <summary>Sorted by project, then name (ordinal).</summary>
    public IReadOnlyList<Alias> Aliases => aliases;

    /// <summary>A snapshot of these images and aliases, in any order; every identity occurs once.</summary>
    public static ImageSnapshot Create(long generation, IEnumerable<Image> images, IEnumerable<Alias> aliases)
    {
        var sortedImages = images.ToArray();
        var sortedAliases = aliases.ToArray();
        Array.Sort(sortedImages, static (a, b) => Compare(a.Key, b.Key));
        Array.Sort(sortedAliases, static (a, b) => Compare(a.Key, b.Key));
        return new(generation, sortedImages, sortedAliases);
    }

    public Image? Find(string project, Sha256Digest fingerprint)
    {
        var index = SortedArray.Find(images, new ImageKey(project, fingerprint), static i => i.Key, Compare);
        return index < 0 ? null : images[index];
    }

    /// <summary>The images of a project, sorted by fingerprint.</summary>
    public IEnumerable<Image> InProject(string project) => FindByPrefix(project, "");

    /// <summary>The images of a project whose fingerprints start so: none, the one that was meant, or several.</summary>
    /// <param name="project">The project.</param>
    /// <param name="prefix">Lower-case hexadecimal digits; anything else matches nothing.</param>
    public IEnumerable<Image> FindByPrefix(string project, string prefix)
    {
        var start = SortedArray.Find(images, (project, prefix), static i => (i.Project, i.Fingerprint.Hex), Compare);
        for (var i = start < 0 ? ~start : start; i < images.Length; i++)
        {
            if (images[i].Project != project || !images[i].Fingerprint.Hex.StartsWith(prefix, StringComparison.Ordinal))
                yield break;
            yield return images[i];
        }
    }

    public Alias? FindAlias(string project, string name)
    {
        var index = SortedArray.Find(aliases, new AliasKey(project, name), static a => a.Key, Compare);
        return index < 0 ? null : aliases[index];
    }

    /// <summary>
    /// The image that an alias leads to. Where it leads to several, those of the type and the architecture that are asked for win;
    /// containers come before virtual machines, this machine's architecture before others.
    /// </summary>
    /// <param name="project">The project.</param>
    /// <param name="name">The alias.</param>
    /// <param name="type">Only images of this type; null for any.</param>
    /// <param name="architecture">Only images of this architecture; null for any.</param>
    /// <returns>Null when there is no such alias, or it leads to no such image.</returns>
    public Image? Resolve(string project, string name, ImageType? type, Architecture? architecture)
    {
        var target = FindAlias(project, name)?.Targets
            .Where(t => (type is null || t.Type == type) && (architecture is null || t.Architecture == architecture))
            .OrderBy(static t => t.Type)
            .ThenByDescending(static t => t.Architecture == Architecture.Local)
            .FirstOrDefault();
        return target is null ? null : Find(project, target.Fingerprint);
    }

    /// <summary>This snapshot with a change applied.</summary>
    internal ImageSnapshot With(CatalogChange change) => new(
        change.Generation,
        SortedArray.With(images, change.Images, static i => i.Key, Compare),
        SortedArray.With(aliases, change.Aliases, static a => a.Key, Compare));

    private static int Compare((string, string) a, (string, string) b)
    {
        var project = string.CompareOrdinal(a.Item1, b.Item1);
        return project != 0 ? project : string.CompareOrdinal(a.Item2, b.Item2);
    }

    private static int Compare(ImageKey a, ImageKey b) => Compare((a.Project, a.Fingerprint.Hex), (b.Project, b.Fingerprint.Hex));

    private static int Compare(AliasKey a, AliasKey b) => Compare((a.Project, a.Name), (b.Project, b.Name));
}
