using Stapes.Core.Images;

namespace Stapes.Core.Library;

/// <summary>
/// An image that is kept, as one moment's snapshot has it: it never changes. Identified by <see cref="Project"/> and
/// <see cref="Fingerprint"/>. Times are UTC, to the millisecond.
/// </summary>
public sealed record Image
{
    /// <summary>The project of images for which none was named.</summary>
    public const string DefaultProject = "default";

    public string Project { get; init; } = DefaultProject;

    public required Sha256Digest Fingerprint { get; init; }

    public required ImageType Type { get; init; }

    public required Architecture Architecture { get; init; }

    /// <summary>The bytes of all its files.</summary>
    public long Size => MetadataFile.Size + (RootFile?.Size ?? 0);

    /// <summary>The name that its metadata file came under; may be empty.</summary>
    public string FileName { get; init; } = "";

    /// <summary>Whether strangers may see it.</summary>
    public bool Public { get; init; }

    /// <summary>Whether it follows <see cref="UpdateSource"/>.</summary>
    public bool AutoUpdate { get; init; }

    /// <summary>Whether it came as a by-product and may go again by itself.</summary>
    public bool Cached { get; init; }

    /// <summary>Free properties, sorted by name (ordinal).</summary>
    public IReadOnlyDictionary<string, string> Properties
    {
        get;
        init => field = PropertyDictionary.From(value);
    } = PropertyDictionary.Empty;

    /// <summary>The profiles that an instance of it gets.</summary>
    public IReadOnlyList<string> Profiles { get; init; } = [];

    /// <summary>When it was built, by its own metadata.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it becomes obsolete; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public required DateTimeOffset UploadedAt { get; init; }

    /// <summary>When it was used last, to the hour; null for never.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Where it was copied from and its updates come from; null when it was uploaded.</summary>
    public ImageUpdateSource? UpdateSource { get; init; }

    /// <summary>The metadata tarball; of a unified image its only file.</summary>
    public required ImageFile MetadataFile { get; init; }

    /// <summary>The root file system or disk; null for a unified image.</summary>
    public ImageFile? RootFile { get; init; }

    /// <summary>The form of <see cref="RootFile"/>; null for a unified image.</summary>
    public RootFormat? RootFormat { get; init; }

    /// <summary>The aliases that lead to it, sorted by name.</summary>
    public IReadOnlyList<ImageAlias> Aliases { get; init; } = [];

    public ImageKey Key => new(Project, Fingerprint);
}

/// <summary>What identifies an image.</summary>
public readonly record struct ImageKey(string Project, Sha256Digest Fingerprint)
{
    public override string ToString() => Project == Image.DefaultProject ? Fingerprint.Hex : $"{Fingerprint} of project {Project}";
}

/// <summary>An alias as an image shows it.</summary>
public sealed record ImageAlias(string Name, string Description);

/// <summary>Where an image came from, in the words of the Incus API.</summary>
/// <param name="Alias">The alias it was asked for by.</param>
/// <param name="Server">The server's URL.</param>
/// <param name="Protocol"><c>simplestreams</c>, <c>incus</c> or <c>oci</c>.</param>
/// <param name="Certificate">The server's certificate in PEM, when it is pinned; else empty.</param>
/// <param name="ImageType"><c>container</c>, <c>virtual-machine</c>, or empty for either.</param>
/// <param name="IsGuarded">Somebody below admin named the server: it is never asked at addresses that are not open to everybody.</param>
public sealed record ImageUpdateSource(
    string Alias, string Server, string Protocol, string Certificate = "", string ImageType = "", bool IsGuarded = false);
