using Stapes.Core.Images;

namespace Stapes.Core.Repositories;

/// <summary>What was made of a tag: the images of the store that its manifest holds.</summary>
public sealed record PublishedTag
{
    public required string Repository { get; init; }

    public required string Tag { get; init; }

    /// <summary>The manifest that was looked at; empty while images are being made of it.</summary>
    public required string Digest { get; init; }

    /// <summary>Where the images are.</summary>
    public required string Project { get; init; }

    /// <summary>Whether strangers might pull from the repository.</summary>
    public required bool IsPublic { get; init; }

    public IReadOnlyList<PublishedImage> Images { get; init; } = [];
}

/// <summary>An image that a tag leads to.</summary>
/// <param name="Fingerprint">The image.</param>
/// <param name="IsMade">Whether it is there because of tags, and not because somebody added it.</param>
public readonly record struct PublishedImage(Sha256Digest Fingerprint, bool IsMade);

/// <summary>A tag that leads to an image.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Tag">The tag.</param>
/// <param name="IsPublic">Whether strangers may pull from the repository.</param>
/// <param name="IsMade">As in <see cref="PublishedImage"/>.</param>
public sealed record ImageHolder(string Repository, string Tag, bool IsPublic, bool IsMade);
