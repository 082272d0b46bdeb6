using System.Formats.Tar;
using System.Text;
using Stapes.Core.Compression;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Stapes.Core.Images;

/// <summary>Makes the metadata tarball of an image: metadata.yaml, templates and what else belongs there, packed with xz. Equal input gives equal bytes.</summary>
public static class MetadataTarballWriter
{
    /// <param name="target">Takes the tarball; left open.</param>
    public static Task WriteAsync(Stream target, ImageMetadata metadata, IReadOnlyList<MetadataTemplate> templates, CancellationToken cancellation) =>
        WriteAsync(target, metadata, templates, [], cancellation);

    /// <param name="files">Files beside metadata.yaml, by their names: an application image has its config.json there.</param>
    public static async Task WriteAsync(
        Stream target, ImageMetadata metadata, IReadOnlyList<MetadataTemplate> templates, IReadOnlyList<KeyValuePair<string, byte[]>> files, CancellationToken cancellation)
    {
        await using var xz = new XzEncodeStream(target, leaveOpen: true);
        await using var tar = new TarWriter(xz, TarEntryFormat.Ustar, leaveOpen: true);
        await WriteFileAsync(tar, "metadata.yaml", Encoding.UTF8.GetBytes(ToYaml(metadata, templates)), metadata.CreatedAt, cancellation);
        foreach (var (name, content) in files)
            await WriteFileAsync(tar, name, content, metadata.CreatedAt, cancellation);
        foreach (var template in templates)
            await WriteFileAsync(tar, $"templates/{template.FileName}", template.Content, metadata.CreatedAt, cancellation);
    }

    private static Task WriteFileAsync(TarWriter tar, string name, byte[] content, DateTimeOffset time, CancellationToken cancellation) =>
        tar.WriteEntryAsync(
            new UstarTarEntry(TarEntryType.RegularFile, name)
            {
                DataStream = new MemoryStream(content),
                Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                ModificationTime = time,
                UserName = "root",
                GroupName = "root",
            },
            cancellation);

    private static string ToYaml(ImageMetadata metadata, IReadOnlyList<MetadataTemplate> templates)
    {
        var root = new YamlMappingNode
        {
            { "architecture", metadata.Architecture.Name },
            { "creation_date", $"{metadata.CreatedAt.ToUnixTimeSeconds()}" },
            { "expiry_date", $"{metadata.ExpiresAt?.ToUnixTimeSeconds() ?? 0}" },
            { "properties", new YamlMappingNode(metadata.Properties.SelectMany(static p => new YamlNode[] { p.Key, Quoted(p.Value) })) },
            { "templates", new YamlMappingNode(templates.SelectMany(static t => new YamlNode[] { t.Target, ToYaml(t) })) },
        };
        var text = new StringWriter { NewLine = "\n" };
        new YamlStream(new YamlDocument(root)).Save(text, assignAnchors: false);
        // The writer marks the end of the document, which no metadata.yaml does.
        return text.ToString().Replace("\n...\n", "\n", StringComparison.Ordinal);
    }

    private static YamlMappingNode ToYaml(MetadataTemplate template) => new()
    {
        { "when", new YamlSequenceNode("create", "copy") },
        { "create_only", "false" },
        { "template", Quoted(template.FileName) },
        { "properties", new YamlMappingNode() },
    };

    /// <summary>Always a string, also where it looks like a number or a boolean.</summary>
    private static YamlScalarNode Quoted(string value) => new(value) { Style = ScalarStyle.DoubleQuoted };
}
