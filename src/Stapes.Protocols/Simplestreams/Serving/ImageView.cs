using Stapes.Core.Images;
using Stapes.Core.Library;
using Asker = Stapes.Core.Library.Audience;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>
/// What an audience sees of a source over simplestreams, which knows no projects: strangers the public images of the default project;
/// others those of all their projects together, and the public ones of the default project.
/// </summary>
internal static class ImageView
{
    /// <summary>The images to list, each fingerprint once.</summary>
    public static IReadOnlyCollection<Image> Of(ImageSnapshot snapshot, Asker audience)
    {
        if (audience.Equals(Asker.Everyone))
            return [.. snapshot.InProject(Image.DefaultProject).Where(static i => i.Public)];

        var listed = new Dictionary<Sha256Digest, Image>();
        var names = new HashSet<(ImageType, Architecture, string)>();
        foreach (var image in ProjectsOf(snapshot, audience).SelectMany(snapshot.InProject).Where(audience.MaySee))
            listed.TryAdd(image.Fingerprint, image with { Aliases = [.. image.Aliases.Where(a => names.Add((image.Type, image.Architecture, a.Name)))] });
        return listed.Values;
    }

    /// <summary>Whoever is restricted to projects means these by a name first.</summary>
    private static IEnumerable<string> ProjectsOf(ImageSnapshot snapshot, Asker audience) => audience.Projects is { } own
        ? own.Append(Image.DefaultProject).Distinct()
        : snapshot.Images.Select(static i => i.Project).Distinct().OrderByDescending(static p => p == Image.DefaultProject).ThenBy(static p => p, StringComparer.Ordinal);
}
