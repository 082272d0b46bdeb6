using Stapes.Core.Library;
using Asker = Stapes.Core.Library.Audience;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>What one kind of caller may see of a source.</summary>
/// <param name="Project">The images of one project.</param>
/// <param name="Audience">Whether only the public ones.</param>
public sealed record ImageView(string Project, Asker Audience)
{
    /// <summary>What a stranger sees: the public images of the default project.</summary>
    public static ImageView Public { get; } = new(Image.DefaultProject, Asker.Everyone);

    /// <summary>The images to list, sorted by fingerprint.</summary>
    public IEnumerable<Image> ImagesOf(ImageSnapshot snapshot) =>
        snapshot.InProject(Project).Where(i => Audience is Asker.Trusted || i.Public);
}
