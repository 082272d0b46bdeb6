using Stapes.Core.Library;

namespace Stapes.Tests.Library;

/// <summary>Everything that a record says, as text, so that records can be compared by content.</summary>
internal static class Descriptions
{
    public static string Describe(this ImageSnapshot snapshot) =>
        $"{snapshot.Generation}\n{string.Join('\n', snapshot.Images.Select(Describe))}\n{string.Join('\n', snapshot.Aliases.Select(Describe))}";

    public static string Describe(this Image image) => string.Join(
        " | ", image.Key, image.Type, image.Architecture, image.Size, image.FileName, image.Public, image.AutoUpdate, image.Cached,
        string.Join(',', image.Properties.Select(static p => $"{p.Key}={p.Value}")), string.Join(',', image.Profiles), image.CreatedAt,
        image.ExpiresAt, image.UploadedAt, image.LastUsedAt, image.UpdateSource, image.MetadataFile, image.RootFile, image.RootFormat,
        string.Join(',', image.Aliases));

    public static string Describe(this Alias alias) =>
        $"{alias.Key} «{alias.Description}» → {string.Join(", ", alias.Targets)}";
}
