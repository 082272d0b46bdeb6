using Stapes.Core;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Config;

/// <summary>Reads the fields of a certificate that can be set, as <c>config trust show</c> prints them. A misspelt field is an error.</summary>
internal static class CertificateYaml
{
    /// <exception cref="StapesException">Invalid.</exception>
    public static CertificatePutRecord Parse(string yaml)
    {
        var fields = new CertificatePutRecord();
        foreach (var (keyNode, value) in EditedYaml.Load(yaml, "stapes config trust show"))
        {
            var key = EditedYaml.Key(keyNode);
            fields = key switch
            {
                "name" => fields with { Name = EditedYaml.Text(key, value) },
                "type" => fields with { Type = EditedYaml.Text(key, value) },
                "restricted" => fields with { Restricted = EditedYaml.Switch(key, value) },
                "projects" => fields with { Projects = EditedYaml.Texts(key, value) ?? [] },
                "certificate" => fields with { Certificate = EditedYaml.Text(key, value) },
                "description" => fields with { Description = EditedYaml.Text(key, value) },
                "role" => fields with { Role = EditedYaml.Text(key, value) },
                "fingerprint" => fields,
                _ => throw EditedYaml.Invalid($"line {keyNode.Start.Line}: a certificate has no field \"{key}\""),
            };
        }

        return fields;
    }
}
