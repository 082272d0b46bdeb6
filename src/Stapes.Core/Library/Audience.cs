namespace Stapes.Core.Library;

/// <summary>
/// Who asks for images or bytes: what is not for an audience does not exist for it. Two audiences are equal when they see the same,
/// so that what was made for one can be kept for the other.
/// </summary>
public sealed class Audience : IEquatable<Audience>
{
    private readonly string key;
    private readonly HashSet<string>? projects;

    private Audience(string key, HashSet<string>? projects)
    {
        this.key = key;
        this.projects = projects;
    }

    /// <summary>A stranger: public images only.</summary>
    public static Audience Everyone { get; } = new("", []);

    /// <summary>Somebody who sees everything.</summary>
    public static Audience Trusted { get; } = new("*", null);

    /// <summary>The projects whose private images it sees, sorted (ordinal); null for all.</summary>
    public IReadOnlyList<string>? Projects => field ??= projects is null ? null : [.. projects.Order(StringComparer.Ordinal)];

    /// <summary>Somebody who sees the private images of some projects.</summary>
    public static Audience Of(IEnumerable<string> projects)
    {
        var set = projects.ToHashSet(StringComparer.Ordinal);
        // No name of a project holds a slash, so that different sets have different keys.
        return set.Count == 0 ? Everyone : new(string.Join('/', set.Order(StringComparer.Ordinal)), set);
    }

    public bool MaySee(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return image.Public || MaySeePrivate(image.Project);
    }

    public bool MaySeePrivate(string project) => projects is null || projects.Contains(project);

    public bool Equals(Audience? other) => other is not null && other.key == key;

    public override bool Equals(object? obj) => Equals(obj as Audience);

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(key);
}
