using Stapes.Core.Images;

namespace Stapes.Core.Library;

/// <summary>What the importer says about an image beside its files.</summary>
public sealed record ImageAddOptions
{
    public string Project { get; init; } = Image.DefaultProject;

    public bool Public { get; init; }

    public bool AutoUpdate { get; init; }

    public bool Cached { get; init; }

    /// <summary>Put over the properties that the image's metadata has.</summary>
    public IReadOnlyDictionary<string, string> Properties { get; init; } = PropertyDictionary.Empty;

    /// <summary>Whether it has no other properties than <see cref="Properties"/>: those of a copy were edited, perhaps, where it comes from.</summary>
    public bool ReplaceProperties { get; init; }

    public IReadOnlyList<ImageAlias> Aliases { get; init; } = [];

    /// <summary>Whether the aliases may be taken from another image of the same type and architecture; else that is a conflict.</summary>
    public bool ReplaceAliases { get; init; }

    public IReadOnlyList<string> Profiles { get; init; } = [];

    /// <summary>In place of the expiry in the image's metadata; null to keep that.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public string FileName { get; init; } = "";

    public ImageUpdateSource? UpdateSource { get; init; }

    /// <summary>The fingerprint that the image must have; null for whatever it has.</summary>
    public Sha256Digest? ExpectedFingerprint { get; init; }
}
