namespace Stapes.Protocols.Oci;

/// <summary>What leads from one document of a registry to another, or to a blob. Source: OCI image-spec 1.1, «Content Descriptors».</summary>
public sealed record OciDescriptor
{
    public string? MediaType { get; init; }

    /// <summary><c>algorithm:hex</c>, as written: <see cref="OciDigest"/> reads it.</summary>
    public string? Digest { get; init; }

    /// <summary>In bytes.</summary>
    public long Size { get; init; }

    public IReadOnlyList<string>? Urls { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>The content itself, for small ones.</summary>
    public byte[]? Data { get; init; }

    public OciPlatform? Platform { get; init; }

    public string? ArtifactType { get; init; }
}
