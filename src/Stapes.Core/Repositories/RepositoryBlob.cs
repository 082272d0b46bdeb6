using Stapes.Core.Images;

namespace Stapes.Core.Repositories;

/// <summary>A blob of a repository.</summary>
/// <param name="Digest">How clients address it: <c>sha256:…</c> or <c>sha512:…</c>.</param>
/// <param name="Bytes">Where the blob store has it.</param>
/// <param name="Size">Bytes.</param>
public sealed record RepositoryBlob(string Digest, Sha256Digest Bytes, long Size);
