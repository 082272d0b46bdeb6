using Stapes.Core.Images;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Core.Transfers;

/// <summary>A file that was fetched and has the digest that it should have. What is not moved to a name stays for the next transfer of it.</summary>
/// <param name="Content">The bytes, not flushed yet.</param>
/// <param name="Digest">Their SHA-256.</param>
/// <param name="Size">How many they are.</param>
/// <param name="Combined">SHA-256 over the file that was given as the one before, and then this; null when there was none.</param>
public sealed record FetchedFile(StagedFile Content, Sha256Digest Digest, long Size, Sha256Digest? Combined) : IDisposable
{
    public void Dispose() => Content.Dispose();
}
