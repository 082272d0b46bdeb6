namespace Stapes.Protocols.Simplestreams;

/// <summary>
/// What an image needs of the machine that runs it. Clients of an index see only the product's requirements, never the metadata.yaml,
/// so that what it says must be repeated there. Source: Incus documentation, «Image requirements».
/// </summary>
internal static class Requirements
{
    private const string Prefix = "requirements.";

    private static readonly string[] Documented = ["cdrom_agent", "cdrom_cloud_init", "cgroup", "nesting", "privileged", "secureboot"];

    /// <summary>The properties requirements.*, and those that bear the name of a documented requirement.</summary>
    /// <param name="properties">The properties of an image.</param>
    /// <returns>The requirements, without the prefix; of two of one name the later counts.</returns>
    public static IEnumerable<KeyValuePair<string, string>> Of(IReadOnlyDictionary<string, string> properties)
    {
        foreach (var (key, value) in properties)
        {
            if (Documented.Contains(key))
                yield return new(key, value);
        }

        foreach (var (key, value) in properties)
        {
            if (key.StartsWith(Prefix, StringComparison.Ordinal) && key.Length > Prefix.Length)
                yield return new(key[Prefix.Length..], value);
        }
    }
}
