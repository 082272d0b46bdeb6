using Microsoft.Win32.SafeHandles;
using Stapes.Core.Images;

namespace Stapes.Protocols.Shared;

/// <summary>Immutable bytes to serve, and how.</summary>
/// <param name="File">Open for reading until the response is complete; the caller closes it. Best opened for sequential access.</param>
/// <param name="Length">The length in bytes.</param>
/// <param name="Digest">The SHA-256 of the bytes; it becomes the strong ETag.</param>
public sealed record BlobContent(SafeFileHandle File, long Length, Sha256Digest Digest)
{
    public string ContentType { get; init; } = "application/octet-stream";

    /// <summary>Only for the caller: shared caches must not keep it, nor may pages of other origins read it.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>The name under which a client should save it (Content-Disposition); printable ASCII without quotes. Null for none.</summary>
    public string? FileName { get; init; }
}
