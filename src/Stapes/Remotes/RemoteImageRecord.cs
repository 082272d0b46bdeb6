using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Protocols.Incus;

namespace Stapes.Remotes;

/// <summary>Images of other protocols in the form of the Incus API, as the Incus client shows them.</summary>
internal static class RemoteImageRecord
{
    /// <param name="image">The image.</param>
    /// <param name="place">Where it is.</param>
    public static ImageRecord Of(RemoteImage image, RemotePlace place) => new()
    {
        AutoUpdate = image.AutoUpdate,
        Properties = image.Properties,
        Public = image.Public,
        // The Incus client has an image of a simplestreams server end with the epoch where its index states no end.
        ExpiresAt = image.ExpiresAt ?? (place.IsSimplestreams ? DateTimeOffset.UnixEpoch : default),
        Profiles = image.Profiles.Count == 0 ? null : image.Profiles,
        Aliases = [.. image.Aliases.Select(static a => new ImageAliasRecord(a.Name, a.Description))],
        Architecture = image.Architecture.Name,
        Cached = image.Cached,
        Filename = image.FileName,
        Fingerprint = image.Fingerprint.Hex,
        Size = image.Size,
        Type = image.Type.ToName(),
        CreatedAt = image.CreatedAt ?? default,
        UploadedAt = image.UploadedAt ?? default,
    };
}
