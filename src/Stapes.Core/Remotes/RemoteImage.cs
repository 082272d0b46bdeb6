using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Core.Remotes;

/// <summary>An image as a remote tells of it. Times are UTC.</summary>
public sealed record RemoteImage
{
    public required Sha256Digest Fingerprint { get; init; }

    public required ImageType Type { get; init; }

    public required Architecture Architecture { get; init; }

    /// <summary>The bytes of all its files; 0 when the remote does not say.</summary>
    public long Size { get; init; }

    public string Project { get; init; } = Image.DefaultProject;

    public string FileName { get; init; } = "";

    public bool Public { get; init; }

    public bool AutoUpdate { get; init; }

    public bool Cached { get; init; }

    public IReadOnlyDictionary<string, string> Properties { get; init; } = PropertyDictionary.Empty;

    public IReadOnlyList<ImageAlias> Aliases { get; init; } = [];

    public IReadOnlyList<string> Profiles { get; init; } = [];

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? UploadedAt { get; init; }

    /// <summary>Where the remote itself has it from; null when it says nothing of that.</summary>
    public ImageUpdateSource? UpdateSource { get; init; }
}
