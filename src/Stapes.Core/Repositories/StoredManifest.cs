namespace Stapes.Core.Repositories;

/// <summary>A manifest as it was pushed, byte for byte.</summary>
/// <param name="Digest">The digest that it was pushed with; of one pushed by tag its SHA-256.</param>
/// <param name="MediaType">As the client declared it.</param>
/// <param name="Content">Never changes.</param>
public sealed record StoredManifest(string Digest, string MediaType, ReadOnlyMemory<byte> Content);

/// <summary>A manifest that is about another one.</summary>
/// <param name="Digest">Its digest.</param>
/// <param name="MediaType">Its media type.</param>
/// <param name="ArtifactType">What kind of artifact it is; null for an index that does not say so.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Annotations">Its annotations as a JSON object; null for none.</param>
public sealed record Referrer(string Digest, string MediaType, string? ArtifactType, long Size, string? Annotations);
