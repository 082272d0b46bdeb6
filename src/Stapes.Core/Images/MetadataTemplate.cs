namespace Stapes.Core.Images;

/// <summary>A file that Incus writes into an instance out of a template. Source: Incus documentation, «Image format», templates.</summary>
/// <param name="Target">The path in the instance.</param>
/// <param name="FileName">The name below templates/ in the metadata tarball.</param>
/// <param name="Content">The template itself.</param>
public sealed record MetadataTemplate(string Target, string FileName, byte[] Content)
{
    /// <summary>
    /// Reads a directory that is laid out like the instance: <c>etc/hostname.tpl</c> there becomes the template of
    /// <c>/etc/hostname</c>. The ending .tpl may be missing.
    /// </summary>
    /// <exception cref="StapesException">There is no such directory, or no file in it.</exception>
    public static IReadOnlyList<MetadataTemplate> ReadDirectory(string directory)
    {
        if (!Directory.Exists(directory))
            throw new StapesException(ErrorKind.NotFound, $"{directory} is no directory: --templates takes one laid out like the instance, with files such as etc/hostname.tpl");
        var templates = new List<MetadataTemplate>();
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var relative = Path.GetRelativePath(directory, file);
            var target = relative.EndsWith(".tpl", StringComparison.Ordinal) ? relative[..^4] : relative;
            templates.Add(new($"/{target}", $"{target.Replace('/', '-')}.tpl", File.ReadAllBytes(file)));
        }

        return templates.Count > 0 ? templates
            : throw new StapesException(ErrorKind.Invalid, $"{directory} holds no template: put files such as etc/hostname.tpl there");
    }
}
