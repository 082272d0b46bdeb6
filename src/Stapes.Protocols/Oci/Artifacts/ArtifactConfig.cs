namespace Stapes.Protocols.Oci.Artifacts;

/// <summary>The configuration of an artifact: what a registry's clients can know of an image without fetching it.</summary>
public sealed record ArtifactConfig
{
    /// <summary>The image's fingerprint: SHA-256 over its files, one after the other.</summary>
    public string? Fingerprint { get; init; }

    /// <summary><c>container</c> or <c>virtual-machine</c>.</summary>
    public string? Type { get; init; }

    /// <summary>Go's name, as everywhere in a registry.</summary>
    public string? Architecture { get; init; }

    public string? Os { get; init; }

    public DateTimeOffset? Created { get; init; }

    public DateTimeOffset? Expires { get; init; }

    /// <summary>Sorted by name.</summary>
    public IReadOnlyDictionary<string, string>? Properties { get; init; }
}
