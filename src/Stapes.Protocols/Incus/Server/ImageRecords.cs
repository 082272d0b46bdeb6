using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>Images in the words of the API.</summary>
internal static class ImageRecords
{
    public static ImageRecord Of(Image image) => new()
    {
        AutoUpdate = image.AutoUpdate,
        Properties = image.Properties,
        Public = image.Public,
        ExpiresAt = image.ExpiresAt ?? default,
        Profiles = image.Profiles,
        Aliases = [.. image.Aliases.Select(static a => new ImageAliasRecord(a.Name, a.Description))],
        Architecture = image.Architecture.Name,
        Cached = image.Cached,
        Filename = image.FileName,
        Fingerprint = image.Fingerprint.Hex,
        Size = image.Size,
        UpdateSource = image.UpdateSource is { } source ? Of(source) : null,
        Type = image.Type.ToName(),
        CreatedAt = image.CreatedAt,
        LastUsedAt = image.LastUsedAt ?? default,
        UploadedAt = image.UploadedAt,
        Project = image.Project,
    };

    private static ImageSourceRecord Of(ImageUpdateSource source) => new()
    {
        Alias = source.Alias,
        Certificate = source.Certificate,
        Protocol = source.Protocol,
        Server = source.Server,
        ImageType = source.ImageType,
    };
}
