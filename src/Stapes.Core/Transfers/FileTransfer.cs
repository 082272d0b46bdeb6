using Stapes.Core.Images;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Core.Transfers;

/// <summary>
/// Fetches one file. Its bytes lie in <c>DIGEST.part</c> until they are all there; what a failed, cancelled or killed transfer leaves in
/// that file is read again by the next one, which goes on behind it. Reading, hashing and writing go on side by side.
/// </summary>
public static class FileTransfer
{
    /// <summary>Fetches a file and checks it. A part that a running process works on is left to it, and the file is fetched under another name.</summary>
    /// <param name="file">The file.</param>
    /// <param name="directory">Where its bytes lie until they get their name; made when missing.</param>
    /// <param name="before">A file that stands before this one in a combined digest; null for none.</param>
    /// <param name="retry">What to do about broken connections.</param>
    /// <param name="progress">Is told the bytes of each piece that is there; less than zero when they have to come again. May be null.</param>
    /// <param name="cancellation">Ends it; what came stays for the next time.</param>
    /// <exception cref="StapesException">It cannot be had, or its bytes are not those that its digest names; then nothing stays.</exception>
    public static async Task<FetchedFile> FetchAsync(
        RemoteFile file, string directory, string? before, RetryPolicy retry, Action<long>? progress, CancellationToken cancellation)
    {
        var part = StagedFile.TryContinue(directory, file.Digest.Hex) ?? StagedFile.Create(directory);
        try
        {
            FetchedFile? fetched = null;
            for (var again = false; fetched is null; again = true)
            {
                if (part.Content.Length > (file.Size ?? long.MaxValue) || again)
                    part.Content.SetLength(0);
                using var source = new ResumingStream(file, part.Content.Length, retry);
                long passed = 0;
                try
                {
                    fetched = await PassAsync(file, part, source, before, count => progress?.Invoke(Added(ref passed, count)), cancellation);
                }
                catch (OtherBytesException) when (source.WasContinued && !again)
                {
                    // The pieces may be of two versions, or damaged by a power cut: once more, in one piece.
                    progress?.Invoke(-passed);
                }
            }

            return fetched;
        }
        catch (OtherBytesException)
        {
            part.Discard();
            throw;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    private static long Added(ref long sum, int count)
    {
        sum += count;
        return count;
    }

    private static async Task<FetchedFile> PassAsync(
        RemoteFile file, StagedFile part, ResumingStream source, string? before, Action<int> passed, CancellationToken cancellation)
    {
        using var digest = new Sha256Hasher();
        using var combined = before is null ? null : new Sha256Hasher();
        if (combined is not null)
            await PassAsync(before!, Sha256Hasher.Consumers([combined]), static _ => { }, cancellation);
        var hashes = Sha256Hasher.Consumers(combined is null ? [digest] : [digest, combined]);
        if (part.Content.Length > 0)
            await PassAsync(part.TemporaryPath, hashes, passed, cancellation);
        await BlockPump.RunAsync(source, [.. hashes, bytes => part.Content.WriteAsync(bytes, cancellation)], passed, cancellation);

        var found = digest.Finish();
        if (found != file.Digest)
            throw new OtherBytesException($"{file.Name} does not have the SHA256 hash that its index states: it is {found} instead of {file.Digest}; nothing was kept, try again when the server has been put right");
        return new(part, found, part.Content.Length, combined?.Finish());
    }

    private static async Task PassAsync(string path, IEnumerable<Func<ReadOnlyMemory<byte>, ValueTask>> consumers, Action<int> passed, CancellationToken cancellation)
    {
        await using var stream = new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan, Share = FileShare.ReadWrite | FileShare.Delete });
        await BlockPump.RunAsync(stream, consumers, passed, cancellation);
    }
}
