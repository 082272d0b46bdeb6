using Stapes.Core;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Stapes.Commands;

/// <summary>Reads fields that a person has edited as YAML. What is not understood is an error, because a field that is missing may be emptied.</summary>
internal static class EditedYaml
{
    /// <param name="yaml">The text.</param>
    /// <param name="shownBy">The command that prints such fields.</param>
    /// <exception cref="StapesException">Invalid: it is no mapping.</exception>
    public static YamlMappingNode Load(string yaml, string shownBy)
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

        return stream.Documents is [{ RootNode: YamlMappingNode fields }, ..] ? fields : throw Invalid($"it has no fields: write `key: value` lines, as `{shownBy}` prints them");
    }

    /// <summary>The name of a field.</summary>
    public static string Key(YamlNode node) => (node as YamlScalarNode)?.Value ?? "";

    public static string Text(string key, YamlNode value) => value is YamlScalarNode text
        ? IsNull(text) ? "" : text.Value ?? ""
        : throw Invalid($"line {value.Start.Line}: a value in \"{key}\" is no text");

    /// <returns>Null when nothing is there.</returns>
    public static IReadOnlyList<string>? Texts(string key, YamlNode value) => value switch
    {
        _ when IsNull(value) => null,
        YamlSequenceNode list => [.. list.Select(item => Text(key, item))],
        _ => throw Invalid($"\"{key}\" is no list: write `- name` lines below it"),
    };

    public static bool Switch(string key, YamlNode value) => Text(key, value).ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "y" => true,
        "false" or "no" or "off" or "n" or "" => false,
        var other => throw Invalid($"\"{key}\" is \"{other}\": write true or false"),
    };

    public static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" or "Null" or "NULL" };

    public static StapesException Invalid(string what) => new(ErrorKind.Invalid, $"The fields cannot be used: {what}");
}
