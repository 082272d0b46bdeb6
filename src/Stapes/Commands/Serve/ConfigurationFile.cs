using Stapes.Core;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Stapes.Commands.Serve;

/// <summary>A value of stapes.yaml, and where it stands.</summary>
/// <param name="Values">One value, or those of a list.</param>
/// <param name="Place">File, line and key, for messages.</param>
internal sealed record ConfiguredValue(IReadOnlyList<string> Values, string Place);

/// <summary>Reads stapes.yaml: a mapping from the names of the options to their values.</summary>
internal static class ConfigurationFile
{
    /// <param name="path">The file.</param>
    /// <param name="options">The options that may stand in it.</param>
    /// <exception cref="StapesException">Invalid: it is no such mapping, or has an unknown key; the message names file, line and key.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IReadOnlyDictionary<string, ConfiguredValue> Read(string path, IReadOnlyList<ServeOption> options)
    {
        var yaml = new YamlStream();
        try
        {
            using var reader = new StreamReader(path);
            yaml.Load(reader);
        }
        catch (YamlException e)
        {
            throw Wrong(path, e.Start, e.Message, e);
        }

        var values = new Dictionary<string, ConfiguredValue>(StringComparer.Ordinal);
        if (yaml.Documents is [])
            return values;
        if (yaml.Documents is not [{ RootNode: YamlMappingNode root }])
            throw Wrong(path, yaml.Documents[0].RootNode.Start, "the file is not a mapping from settings to values, such as `grace: 2h`");
        foreach (var (key, value) in root)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            var option = options.FirstOrDefault(o => o.IsInFile && o.Name == name)
                ?? throw Wrong(path, key.Start, $"unknown setting '{name}'{Suggestion(name, options)}");
            values.Add(name, new(ValuesOf(path, option, value), $"{path}:{value.Start.Line}: {name}"));
        }

        return values;
    }

    private static IReadOnlyList<string> ValuesOf(string path, ServeOption option, YamlNode node) => node switch
    {
        YamlScalarNode { Value: { } text } => [text],
        YamlSequenceNode list when option.IsList && list.All(n => n is YamlScalarNode) => [.. list.Select(n => ((YamlScalarNode)n).Value ?? "")],
        _ => throw Wrong(path, node.Start, $"{option.Name}: has to be {(option.IsList ? "one value or a list of them" : "one value")}"),
    };

    private static string Suggestion(string name, IReadOnlyList<ServeOption> options) =>
        $"; the settings are {string.Join(", ", options.Where(o => o.IsInFile).Select(o => o.Name))}"
        + (name.Contains('_', StringComparison.Ordinal) ? " (with dashes)" : "");

    private static StapesException Wrong(string path, Mark at, string message, Exception? inner = null) =>
        new(ErrorKind.Invalid, $"{path}:{at.Line}: {message}", inner);
}
