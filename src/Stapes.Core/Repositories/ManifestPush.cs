namespace Stapes.Core.Repositories;

/// <summary>A manifest to store, with what it says as far as the catalogue must know it.</summary>
public sealed record ManifestPush
{
    public required StoredManifest Manifest { get; init; }

    /// <summary>The blobs that it needs, each once.</summary>
    public IReadOnlyList<ManifestPart> Blobs { get; init; } = [];

    /// <summary>The manifests that it needs, each once.</summary>
    public IReadOnlyList<ManifestPart> Manifests { get; init; } = [];

    /// <summary>The digest of the manifest that it is about, which need not be there.</summary>
    public string? Subject { get; init; }

    public string? ArtifactType { get; init; }

    /// <summary>A JSON object; null for none.</summary>
    public string? Annotations { get; init; }

    /// <summary>The tags that lead to it from now on.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Is told, in the transaction, which digest the first tag leads to now; throws to stop. Null for no condition.</summary>
    public Action<string?>? Precondition { get; init; }
}

/// <summary>What a manifest needs.</summary>
/// <param name="Digest">As the manifest has it.</param>
/// <param name="Size">As the manifest says.</param>
/// <param name="IsElsewhere">Clients get it from somewhere else, so that it may be missing.</param>
public readonly record struct ManifestPart(string Digest, long Size, bool IsElsewhere = false);
