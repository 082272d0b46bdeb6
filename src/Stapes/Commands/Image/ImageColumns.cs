using System.Text;
using Stapes.Core;
using Stapes.Output;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Image;

/// <summary>The columns of <c>image list</c>.</summary>
internal static class ImageColumns
{
    public const string Default = "lfpdatsu";

    public const string DefaultOfAllProjects = "elfpdatsu";

    private const string PropertyPrefix = "properties:";

    public static IReadOnlyList<Column<ImageRecord>> Parse(string text) => Columns.Parse(text, Letter, Property);

    private static Column<ImageRecord>? Letter(char letter) => letter switch
    {
        'a' => new("ARCHITECTURE", static i => i.Architecture),
        'd' => new("DESCRIPTION", static i => i.Properties.GetValueOrDefault("description", "")),
        'e' => new("PROJECT", static i => i.Project),
        'f' => new("FINGERPRINT", static i => Short(i.Fingerprint)),
        'F' => new("FINGERPRINT", static i => i.Fingerprint),
        'l' => new("ALIAS", ShortestAlias),
        'L' => new("ALIASES", static i => string.Join('\n', (i.Aliases ?? []).Select(static a => a.Name).Order(CodePointOrder.Instance))),
        'p' => new("PUBLIC", static i => i.Public ? "yes" : "no"),
        's' => new("SIZE", static i => Mebibytes.Of(i.Size)),
        't' => new("TYPE", static i => i.Type.Length == 0 ? "CONTAINER" : i.Type.ToUpperInvariant()),
        'u' => new("UPLOAD DATE", static i => LocalTime.Format(i.UploadedAt)),
        _ => null,
    };

    private static Column<ImageRecord>? Property(string entry)
    {
        if (!entry.StartsWith(PropertyPrefix, StringComparison.Ordinal))
            return null;
        var key = entry[PropertyPrefix.Length..];
        return key.Length > 0
            ? new(key.ToUpperInvariant(), i => i.Properties.GetValueOrDefault(key, ""))
            : throw new StapesException(ErrorKind.Invalid, $"Empty property name in '{entry}'");
    }

    /// <summary>As many digits of a fingerprint as tables show.</summary>
    public static string Short(string fingerprint) => fingerprint.Length > 12 ? fingerprint[..12] : fingerprint;

    private static string ShortestAlias(ImageRecord image) => image.Aliases switch
    {
        null or [] => "",
        [var only] => only.Name,
        // The first one of several that are equally short.
        var aliases => $"{aliases.MinBy(static a => Encoding.UTF8.GetByteCount(a.Name))!.Name} ({aliases.Count - 1} more)",
    };
}
