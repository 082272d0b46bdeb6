using System.Text.Json.Serialization;

namespace Stapes.Protocols.Oci;

/// <summary>The configuration of an application image. Source: OCI image-spec 1.1, «Image Configuration».</summary>
public sealed record OciImageConfig
{
    public DateTimeOffset? Created { get; init; }

    public string? Author { get; init; }

    public string? Architecture { get; init; }

    public string? Os { get; init; }

    public string? Variant { get; init; }

    public OciContainerConfig? Config { get; init; }

    public OciRootFileSystem? Rootfs { get; init; }
}

/// <summary>How the image's container runs.</summary>
public sealed record OciContainerConfig
{
    [JsonPropertyName("User")]
    public string? User { get; init; }

    [JsonPropertyName("ExposedPorts")]
    public IReadOnlyDictionary<string, EmptyObject>? ExposedPorts { get; init; }

    [JsonPropertyName("Env")]
    public IReadOnlyList<string>? Env { get; init; }

    [JsonPropertyName("Entrypoint")]
    public IReadOnlyList<string>? Entrypoint { get; init; }

    [JsonPropertyName("Cmd")]
    public IReadOnlyList<string>? Cmd { get; init; }

    [JsonPropertyName("Volumes")]
    public IReadOnlyDictionary<string, EmptyObject>? Volumes { get; init; }

    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; init; }

    [JsonPropertyName("Labels")]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; init; }
}

/// <summary>The layers that an image is made of.</summary>
public sealed record OciRootFileSystem
{
    public string? Type { get; init; }

    /// <summary>The digest of each layer when it is not compressed.</summary>
    [JsonPropertyName("diff_ids")]
    public IReadOnlyList<string>? DiffIds { get; init; }
}

/// <summary><c>{}</c>: the values of maps that are meant as sets.</summary>
public sealed record EmptyObject;
