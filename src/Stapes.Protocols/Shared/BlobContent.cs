using Stapes.Core.Images;
using Stapes.Core.Storage;

namespace Stapes.Protocols.Shared;

/// <summary>Immutable bytes to serve, and how.</summary>
/// <param name="Blob">The bytes; the caller disposes them once the response is complete.</param>
/// <param name="Digest">The SHA-256 of the bytes; it becomes the strong ETag.</param>
public sealed record BlobContent(Blob Blob, Sha256Digest Digest)
{
    /// <summary>Bytes.</summary>
    public long Length => Blob.Length;

    public string ContentType { get; init; } = "application/octet-stream";

    /// <summary>Only for the caller: shared caches must not keep it, nor may pages of other origins read it.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>The name under which a client should save it (Content-Disposition); printable ASCII without quotes. Null for none.</summary>
    public string? FileName { get; init; }
}
