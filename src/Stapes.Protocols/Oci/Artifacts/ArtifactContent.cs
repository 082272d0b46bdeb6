using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Oci.Artifacts;

/// <summary>What an artifact says of an image.</summary>
public sealed record ArtifactContent
{
    public required Sha256Digest Fingerprint { get; init; }

    public required ImageType Type { get; init; }

    public required Architecture Architecture { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    public required ImageFile Metadata { get; init; }

    /// <summary>Null for a unified image.</summary>
    public ImageFile? Root { get; init; }

    public RootFormat? RootFormat { get; init; }

    public static ArtifactContent Of(Image image)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new()
        {
            Fingerprint = image.Fingerprint,
            Type = image.Type,
            Architecture = image.Architecture,
            CreatedAt = image.CreatedAt,
            ExpiresAt = image.ExpiresAt,
            Properties = image.Properties,
            Metadata = image.MetadataFile,
            Root = image.RootFile,
            RootFormat = image.RootFormat,
        };
    }
}
