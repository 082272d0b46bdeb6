using Stapes.Protocols.Incus;

namespace Stapes.Commands.Image;

/// <summary>The fields of an image that can be set.</summary>
internal static class ImageFields
{
    public static ImagePutRecord Of(ImageRecord image) => new()
    {
        AutoUpdate = image.AutoUpdate,
        Properties = image.Properties.ToDictionary(static p => p.Key, static p => (string?)p.Value),
        Public = image.Public,
        ExpiresAt = image.ExpiresAt,
        Profiles = image.Profiles,
    };
}
