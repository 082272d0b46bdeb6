using System.Globalization;
using Stapes.Core;
using Stapes.Protocols.Incus;
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
        foreach (var (keyNode, value) in EditedYaml.Load(yaml, "stapes image show"))
        {
            var key = EditedYaml.Key(keyNode);
            image = key switch
            {
                "auto_update" => image with { AutoUpdate = EditedYaml.Switch(key, value) },
                "properties" => image with { Properties = Properties(value) },
                "public" => image with { Public = EditedYaml.Switch(key, value) },
                "expires_at" => image with { ExpiresAt = Time(key, value) },
                "profiles" => image with { Profiles = EditedYaml.Texts(key, value) },
                _ when Fields.Contains(key) => image,
                _ => throw EditedYaml.Invalid($"line {keyNode.Start.Line}: an image has no field \"{key}\""),
            };
        }

        return image;
    }

    private static Dictionary<string, string?>? Properties(YamlNode value) => value switch
    {
        _ when EditedYaml.IsNull(value) => null,
        YamlMappingNode map => map.ToDictionary(static p => EditedYaml.Text("properties", p.Key), p => (string?)EditedYaml.Text("properties", p.Value)),
        _ => throw EditedYaml.Invalid("\"properties\" is no mapping: write `name: value` lines below it"),
    };

    private static DateTimeOffset Time(string key, YamlNode value) =>
        EditedYaml.IsNull(value) ? default
        : DateTimeOffset.TryParse(EditedYaml.Text(key, value), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw EditedYaml.Invalid($"\"{key}\" is \"{EditedYaml.Text(key, value)}\": write a time such as 2030-12-31T00:00:00Z");
}
