using Stapes.Core;
using Stapes.Protocols.Incus;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Stapes.Commands.Config;

/// <summary>Reads the fields of a certificate that can be set, as <c>config trust show</c> prints them. A misspelt field is an error.</summary>
internal static class CertificateYaml
{
    /// <exception cref="StapesException">Invalid.</exception>
    public static CertificatePutRecord Parse(string yaml)
    {
        var fields = new CertificatePutRecord();
        foreach (var (keyNode, value) in Load(yaml))
        {
            fields = (keyNode as YamlScalarNode)?.Value switch
            {
                "name" => fields with { Name = Text(value) },
                "type" => fields with { Type = Text(value) },
                "restricted" => fields with { Restricted = Text(value) is "true" },
                "projects" => fields with { Projects = value is YamlSequenceNode list ? [.. list.Select(Text)] : [] },
                "certificate" => fields with { Certificate = Text(value) },
                "description" => fields with { Description = Text(value) },
                "role" => fields with { Role = Text(value) },
                "fingerprint" => fields,
                var other => throw Invalid($"line {keyNode.Start.Line}: a certificate has no field \"{other}\""),
            };
        }

        return fields;
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
            throw Invalid($"it is not valid YAML: {e.Message.ReplaceLineEndings(" ")}");
        }

        return stream.Documents is [{ RootNode: YamlMappingNode fields }, ..] ? fields : throw Invalid("it has no fields: write `key: value` lines");
    }

    private static string Text(YamlNode value) => value is YamlScalarNode text ? text.Value ?? "" : throw Invalid($"line {value.Start.Line}: this is no text");

    private static StapesException Invalid(string what) => new(ErrorKind.Invalid, $"The fields cannot be used: {what}");
}
