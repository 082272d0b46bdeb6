using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>
/// What one kind of caller sees of one snapshot: a snapshot in which there is nothing but the images that they may see, so that another
/// one is found or not found in exactly the way of one that does not exist. Lists are written once and kept.
/// </summary>
internal sealed class ImageView(ImageSnapshot snapshot, Audience audience)
{
    /// <summary>The JSON of each image; goes with the image's record.</summary>
    private static readonly ConditionalWeakTable<Image, byte[]> Records = [];

    private readonly ConcurrentDictionary<(bool AllProjects, bool Recursive), byte[]> lists = new();

    public ImageSnapshot Snapshot { get; } = snapshot;

    public Audience Audience { get; } = audience;

    /// <summary>What of a snapshot an audience may see.</summary>
    public static ImageView Of(ImageSnapshot snapshot, Audience audience)
    {
        if (audience.Equals(Audience.Trusted))
            return new(snapshot, audience);
        var images = snapshot.Images.Where(audience.MaySee).ToList();
        var aliases = snapshot.Aliases
            .Select(a => a with { Targets = [.. a.Targets.Where(t => snapshot.Find(a.Project, t.Fingerprint) is { } image && audience.MaySee(image))] })
            .Where(static a => a.Targets.Count > 0);
        return new(ImageSnapshot.Create(snapshot.Generation, images, aliases), audience);
    }

    /// <summary>The image of a fingerprint or a beginning of one.</summary>
    /// <exception cref="StapesException">NotFound. Invalid: there are several.</exception>
    public Image Find(string project, string prefix)
    {
        var found = prefix.Length == 0 ? [] : Snapshot.FindByPrefix(project, prefix.ToLowerInvariant()).Take(2).ToList();
        return found switch
        {
            [var image] => image,
            [] => throw new StapesException(ErrorKind.NotFound, $"Image \"{prefix}\" not found"),
            _ => throw new StapesException(ErrorKind.Invalid, $"More than one image matches \"{prefix}\": give more of the fingerprint"),
        };
    }

    /// <summary>
    /// An alias as a caller sees it: it leads to the caller's own architecture if it can, else to this machine's, else to the first
    /// one; to a container rather than to a virtual machine.
    /// </summary>
    /// <exception cref="StapesException">NotFound.</exception>
    public AliasRecord FindAlias(AliasKey key, Architecture? caller) => Snapshot.FindAlias(key.Project, key.Name) is { } alias
        ? Describe(alias, caller)
        : throw new StapesException(ErrorKind.NotFound, $"Image alias \"{key.Name}\" not found");

    public static AliasRecord Describe(Alias alias, Architecture? caller)
    {
        var target = Preferred(alias, caller);
        return new()
        {
            Name = alias.Name,
            Description = alias.Description,
            Target = target.Fingerprint.Hex,
            Type = target.Type.ToName(),
        };
    }

    public static AliasTarget Preferred(Alias alias, Architecture? caller) => alias.Targets
        .OrderByDescending(t => t.Architecture == caller)
        .ThenByDescending(static t => t.Architecture == Architecture.Local)
        .ThenBy(static t => t.Type)
        .First();

    /// <summary>The whole answer to a request for a list.</summary>
    /// <param name="project">Its images; null for all.</param>
    /// <param name="recursive">Records in place of URLs.</param>
    /// <param name="filter">Which of them; null for all.</param>
    public byte[] List(string? project, bool recursive, ListFilter<Image>? filter)
    {
        // Others than these are rare, and could be as many as a caller has ideas.
        if (filter is not null || project is not (null or Image.DefaultProject))
            return Write(project, recursive, filter);
        return lists.GetOrAdd((project is null, recursive), static (key, view) =>
            view.Write(key.AllProjects ? null : Image.DefaultProject, key.Recursive, null), this);
    }

    /// <summary>An image as JSON.</summary>
    public static byte[] Record(Image image) =>
        Records.GetValue(image, static i => JsonSerializer.SerializeToUtf8Bytes(ImageRecords.Of(i), IncusJsonContext.Default.ImageRecord));

    public static void ForgetRecords() => Records.Clear();

    private byte[] Write(string? project, bool recursive, ListFilter<Image>? filter)
    {
        var images = project is null ? Snapshot.Images : Snapshot.InProject(project);
        var buffer = new ArrayBufferWriter<byte>(1 << 16);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var image in filter is null ? images : images.Where(filter.Matches))
            {
                if (recursive)
                    writer.WriteRawValue(Record(image), skipInputValidation: true);
                else
                    writer.WriteStringValue(Urls.Of(image.Key));
            }

            writer.WriteEndArray();
        }

        return Envelope.Sync(buffer.WrittenSpan);
    }
}
