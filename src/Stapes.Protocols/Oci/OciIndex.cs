namespace Stapes.Protocols.Oci;

/// <summary>An index, or Docker's manifest list: manifests for several platforms, or referrers. Source: OCI image-spec 1.1, «Image Index».</summary>
public sealed record OciIndex
{
    public int SchemaVersion { get; init; } = 2;

    public string? MediaType { get; init; }

    public string? ArtifactType { get; init; }

    public IReadOnlyList<OciDescriptor>? Manifests { get; init; }

    public OciDescriptor? Subject { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}
