using System.Globalization;
using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Stapes.Core.Images;

/// <summary>What the <c>metadata.yaml</c> of an image says. Source: Incus documentation, «Image format».</summary>
public sealed record ImageMetadata
{
    /// <summary>A metadata.yaml larger than this is refused: 1 MiB.</summary>
    public const int MaxSize = 1 << 20;

    private const int MaxDepth = 64;

    public required Architecture Architecture { get; init; }

    /// <summary>When the image was made, in UTC, to the second.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the image becomes obsolete; null when it does not say.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Free properties, sorted by name; the usual ones are os, release, variant, architecture, description.</summary>
    public required IReadOnlyDictionary<string, string> Properties { get; init; }

    /// <param name="yaml">The bytes of metadata.yaml, UTF-8.</param>
    /// <param name="file">The file that it came from, for messages.</param>
    /// <exception cref="StapesException">It is no YAML mapping, or has no architecture or creation date that make sense.</exception>
    public static ImageMetadata Parse(ReadOnlySpan<byte> yaml, string file)
    {
        var root = LoadMapping(Encoding.UTF8.GetString(yaml).TrimStart('\uFEFF'), file);
        var properties = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (Child(root, "properties") is { } node && !IsNull(node))
        {
            if (node is not YamlMappingNode mapping)
                throw Invalid(file, "its \"properties\" are not a mapping", "write them as `name: value` lines");
            foreach (var (key, value) in mapping)
            {
                if (key is not YamlScalarNode name || value is not YamlScalarNode text)
                    throw Invalid(file, $"its property \"{Short(key.ToString())}\" is not a plain value", "write it as a string");
                properties[name.Value ?? ""] = IsNull(text) ? "" : text.Value ?? "";
            }
        }

        return new()
        {
            Architecture = ParseArchitecture(root, file),
            CreatedAt = ParseTime(root, "creation_date", file)
                ?? throw Invalid(file, "it has no creation date", "add `creation_date:` in seconds since 1970"),
            ExpiresAt = ParseTime(root, "expiry_date", file),
            Properties = properties,
        };
    }

    private static Architecture ParseArchitecture(YamlMappingNode root, string file)
    {
        if (Child(root, "architecture") is not YamlScalarNode { Value: { Length: > 0 } name })
            throw Invalid(file, "it has no architecture", "add `architecture: x86_64` or the image's own");
        return Architecture.TryParse(name, out var architecture)
            ? architecture
            : throw Invalid(file, $"its architecture \"{Short(name)}\" is unknown", "use a name such as x86_64 or aarch64");
    }

    /// <summary>Absent, null and 0 all mean «not given», as in Incus.</summary>
    private static DateTimeOffset? ParseTime(YamlMappingNode root, string key, string file)
    {
        if (Child(root, key) is not { } node || IsNull(node))
            return null;
        // 253402300799 is the last second of the year 9999.
        if (node is not YamlScalarNode { Value: { } text }
            || !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds)
            || seconds is < 0 or > 253402300799)
        {
            throw Invalid(file, $"its {key} \"{Short(node.ToString())}\" is no time", "write it in seconds since 1970");
        }

        return seconds == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(seconds);
    }

    private static YamlMappingNode LoadMapping(string yaml, string file)
    {
        try
        {
            CheckDepth(yaml, file);
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            return stream.Documents is [{ RootNode: YamlMappingNode mapping }, ..]
                ? mapping
                : throw Invalid(file, "it is not a YAML mapping", "write it as `key: value` lines");
        }
        catch (Exception e) when (e is YamlException or InvalidOperationException or ArgumentException)
        {
            // The parser throws the other kinds too: for some faults inside of flow collections, and for some double keys.
            var line = e is YamlException yamlFault ? $", line {yamlFault.Start.Line}" : "";
            throw new StapesException(ErrorKind.Invalid, $"{file}: metadata.yaml is not valid YAML{line}: {Short(e.Message)}; correct it and pack it again", e);
        }
    }

    /// <summary>Building the tree of nodes recurses, so that a megabyte of "[" would end the process; the events do not.</summary>
    private static void CheckDepth(string yaml, string file)
    {
        var parser = new Parser(new StringReader(yaml));
        var depth = 0;
        while (parser.MoveNext())
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > MaxDepth)
                throw Invalid(file, "it is nested too deeply", $"use at most {MaxDepth} levels");
            if (parser.Current is AnchorAlias)
                throw Invalid(file, "it uses YAML aliases (*name)", "write the values out");
        }
    }

    private static YamlNode? Child(YamlMappingNode mapping, string key) =>
        mapping.Children.TryGetValue(new YamlScalarNode(key), out var node) ? node : null;

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    /// <summary>What may stand in a message of one line.</summary>
    private static string Short(string text)
    {
        var line = string.Concat(text.Take(100).Select(static c => char.IsControl(c) ? ' ' : c));
        return text.Length > 100 ? $"{line}…" : line;
    }

    private static StapesException Invalid(string file, string what, string todo) =>
        new(ErrorKind.Invalid, $"{file}: metadata.yaml cannot be used: {what}; {todo}");
}
