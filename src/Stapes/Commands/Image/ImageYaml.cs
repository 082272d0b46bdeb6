using System.Globalization;
using Stapes.Core;
using Stapes.Protocols.Incus;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Stapes.Commands.Image;

/// <summary>
/// Reads the fields of an image that can be set, as <c>image show</c> prints them. The other fields of an image may be there too and
/// mean nothing; a key that no image has is an error, because a misspelt «properties» would delete them all.
/// </summary>
internal static class ImageYaml
{
    private static readonly HashSet<string> Fields = [.. IncusJsonContext.Default.ImageRecord.Properties.Select(static p => p.Name)];

    /// <exception cref="StapesException">Invalid.</exception>
    public static ImagePutRecord Parse(string yaml)
    {
        var image = new ImagePutRecord();
        foreach (var (keyNode, value) in Load(yaml))
        {
            var key = (keyNode as YamlScalarNode)?.Value ?? "";
            image = key switch
            {
                "auto_update" => image with { AutoUpdate = Switch(key, value) },
                "properties" => image with { Properties = Properties(value) },
                "public" => image with { Public = Switch(key, value) },
                "expires_at" => image with { ExpiresAt = Time(key, value) },
                "profiles" => image with { Profiles = Texts(key, value) },
                _ when Fields.Contains(key) => image,
                _ => throw Invalid($"line {keyNode.Start.Line}: an image has no field \"{key}\""),
            };
        }

        return image;
    }

    private static YamlMappingNode Load(string yaml)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
        }
        catch (Exception e) when (e is YamlException or InvalidOperationException or ArgumentException)
        {
            // The parser throws the other kinds too, for some faults inside of flow collections.
            throw Invalid($"it is not valid YAML{(e is YamlException at ? $", line {at.Start.Line}" : "")}: {e.Message.ReplaceLineEndings(" ")}");
        }

        return stream.Documents is [{ RootNode: YamlMappingNode fields }, ..] ? fields : throw Invalid("it has no fields: write `key: value` lines, as `stapes image show` prints them");
    }

    private static Dictionary<string, string?>? Properties(YamlNode value) => value switch
    {
        _ when IsNull(value) => null,
        YamlMappingNode map => map.ToDictionary(static p => Text("properties", p.Key), p => (string?)Text("properties", p.Value)),
        _ => throw Invalid("\"properties\" is no mapping: write `name: value` lines below it"),
    };

    private static List<string>? Texts(string key, YamlNode value) => value switch
    {
        _ when IsNull(value) => null,
        YamlSequenceNode list => [.. list.Select(item => Text(key, item))],
        _ => throw Invalid($"\"{key}\" is no list: write `- name` lines below it"),
    };

    private static string Text(string key, YamlNode value) => value is YamlScalarNode text
        ? IsNull(text) ? "" : text.Value ?? ""
        : throw Invalid($"line {value.Start.Line}: a value in \"{key}\" is no text");

    private static bool Switch(string key, YamlNode value) => Text(key, value).ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "y" => true,
        "false" or "no" or "off" or "n" or "" => false,
        var other => throw Invalid($"\"{key}\" is \"{other}\": write true or false"),
    };

    private static DateTimeOffset Time(string key, YamlNode value) =>
        IsNull(value) ? default
        : DateTimeOffset.TryParse(Text(key, value), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw Invalid($"\"{key}\" is \"{Text(key, value)}\": write a time such as 2030-12-31T00:00:00Z");

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    private static StapesException Invalid(string what) => new(ErrorKind.Invalid, $"The fields cannot be used: {what}");
}
