using System.Text.Json.Serialization;

namespace Stapes.Protocols.Oci;

/// <summary>What a manifest of an index is for; architecture and system are Go's names. Source: OCI image-spec 1.1, «Image Index», platform.</summary>
public sealed record OciPlatform
{
    public string? Architecture { get; init; }

    public string? Os { get; init; }

    [JsonPropertyName("os.version")]
    public string? OsVersion { get; init; }

    [JsonPropertyName("os.features")]
    public IReadOnlyList<string>? OsFeatures { get; init; }

    public string? Variant { get; init; }
}
