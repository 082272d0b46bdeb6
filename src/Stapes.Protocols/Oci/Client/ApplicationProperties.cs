using Stapes.Protocols.Oci.Images;

namespace Stapes.Protocols.Oci.Client;

/// <summary>The properties that an application image gets beside those of its files: what its name tells, in the words of Incus.</summary>
public static class ApplicationProperties
{
    /// <param name="name">The name that leads to it.</param>
    /// <param name="image">The image.</param>
    public static IReadOnlyDictionary<string, string> Of(ImageName name, ApplicationImage image) => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["architecture"] = image.Architecture.Name,
        ["type"] = "oci",
        ["description"] = $"{name} (OCI)",
        ["id"] = name.ToString(),
        ["os"] = name.Repository[(name.Repository.LastIndexOf('/') + 1)..],
        ["release"] = name.IsDigest ? name.Reference[7..19] : name.Reference,
    };
}
