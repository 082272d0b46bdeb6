namespace Stapes.Protocols.Oci;

/// <summary>
/// A manifest: of an image, an artifact or Docker's schema 2. Whoever stores one stores its bytes; this is what they say.
/// Source: OCI image-spec 1.1, «Image Manifest».
/// </summary>
public sealed record OciManifest
{
    public int SchemaVersion { get; init; } = 2;

    public string? MediaType { get; init; }

    public string? ArtifactType { get; init; }

    public OciDescriptor? Config { get; init; }

    public IReadOnlyList<OciDescriptor>? Layers { get; init; }

    /// <summary>The manifest that this one is about.</summary>
    public OciDescriptor? Subject { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}
