using System.Buffers;
using System.Globalization;
using Stapes.Core.Library;
using Stapes.Core.Storage;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Core.Repositories;

/// <summary>
/// An unfinished upload that this process works on: its file, and the hash of what the file holds. One request at a time writes; a new one
/// ends the one before, which may be what is left of a broken connection.
/// </summary>
public sealed class BlobUpload : IDisposable
{
    private const int RereadSize = 1 << 20;

    private readonly IBlobStore blobs;
    private readonly StorageLimits limits;
    private readonly SemaphoreSlim turn = new(1);
    private readonly Lock running = new();
    private CancellationTokenSource? newest;
    private StagedFile? file;
    private ContentHash? hash;

    internal BlobUpload(UploadRecord record, IBlobStore blobs, StorageLimits limits, DateTimeOffset now)
    {
        Record = record;
        this.blobs = blobs;
        this.limits = limits;
        LastUsed = now;
    }

    public UploadRecord Record { get; }

    /// <summary>How many bytes are there; grows while a request writes.</summary>
    public long Length => file?.Content.Length ?? 0;

    internal DateTimeOffset LastUsed { get; set; }

    internal bool IsRunning => turn.CurrentCount == 0;

    internal bool HasEnded { get; private set; }

    internal StagedFile File => file ?? throw new InvalidOperationException("The upload has no file yet.");

    /// <summary>Opens the file that an earlier process left, or makes it.</summary>
    internal void Open()
    {
        try
        {
            file ??= StagedFile.TryContinue(blobs.StagingDirectory, Record.Id.ToString("N", CultureInfo.InvariantCulture))
                ?? throw new StapesException(ErrorKind.Unavailable, $"The file of the upload {Record.Id} is in use: try again");
        }
        catch (Exception e) when (StorageFaults.IsFault(e))
        {
            throw StorageFaults.From(e, $"make a file in {blobs.StagingDirectory}");
        }
    }

    /// <summary>Runs what a request does, alone.</summary>
    internal async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellation)
    {
        using var own = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // One that still waits for its turn is ended like one that has it: else it would have it until its client goes away.
        lock (running)
        {
            newest?.Cancel();
            newest = own;
        }

        try
        {
            await turn.WaitAsync(cancellation);
            try
            {
                return HasEnded ? throw Unknown(Record.Id) : await work(own.Token);
            }
            finally
            {
                turn.Release();
            }
        }
        finally
        {
            lock (running)
            {
                if (newest == own)
                    newest = null;
            }
        }
    }

    /// <summary>Waits for a request whose connection broke to write the rest of what arrived, so that <see cref="Length"/> stays as it is.</summary>
    public async Task SettleAsync(CancellationToken cancellation)
    {
        lock (running)
        {
            if (newest is not { IsCancellationRequested: true })
                return;
        }

        await turn.WaitAsync(cancellation);
        turn.Release();
    }

    /// <summary>Writes behind what is there.</summary>
    /// <param name="chunk">What comes.</param>
    /// <param name="digest">Names the algorithm that the blob will be addressed by.</param>
    /// <param name="cancellation">Ends the reading of what comes.</param>
    internal async Task AppendAsync(UploadChunk chunk, string digest, CancellationToken cancellation)
    {
        Open();
        var start = Length;
        if (chunk.Start is { } wanted && wanted != start)
        {
            throw new RepositoryException(RepositoryFault.WrongOffset, ErrorKind.Invalid,
                $"The chunk begins at {wanted}, but the upload stands at {start}: send what follows there");
        }

        await HashAsync(digest, cancellation);
        var arriving = new ArrivingStream(chunk.Content, start, limits, cancellation);
        try
        {
            await ContentPump.RunAsync(arriving, hash!, file!.Content);
        }
        catch
        {
            // One of the two may have had more than the other.
            ForgetHash();
            throw;
        }

        arriving.ThrowIfBroken();
        if (chunk.Length is { } length && Length - start != length)
        {
            var arrived = Length - start;
            file.Content.SetLength(start);
            ForgetHash();
            throw new StapesException(ErrorKind.Invalid, $"The chunk says that it has {length} bytes, but has {arrived}: send it again");
        }
    }

    internal Images.Sha256Digest Finish(string digest) => hash!.Finish(digest);

    /// <summary>Ends it; a file that was not stored goes.</summary>
    internal void End()
    {
        HasEnded = true;
        file?.Discard();
        ForgetHash();
    }

    /// <summary>Lets go of the file, which stays for the next process.</summary>
    public void Dispose()
    {
        file?.Dispose();
        ForgetHash();
        turn.Dispose();
    }

    internal static RepositoryException Unknown(Guid id) => new(RepositoryFault.UnknownUpload, ErrorKind.NotFound,
        $"There is no upload {id}: it has ended or expired; begin a new one");

    /// <summary>Reads again what an earlier process wrote, or what was hashed by another algorithm only.</summary>
    private async Task HashAsync(string digest, CancellationToken cancellation)
    {
        if (hash?.Covers(digest) == true)
            return;
        ForgetHash();
        var fresh = ContentHash.For(digest);
        var buffer = ArrayPool<byte>.Shared.Rent(RereadSize);
        try
        {
            for (long position = 0; position < Length;)
            {
                var read = await RandomAccess.ReadAsync(file!.Handle, buffer, position, cancellation);
                foreach (var consume in fresh.Consumers)
                    await consume(buffer.AsMemory(0, read));
                position += read;
            }

            hash = fresh;
        }
        finally
        {
            if (hash != fresh)
                fresh.Dispose();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void ForgetHash()
    {
        hash?.Dispose();
        hash = null;
    }
}

/// <summary>A part of a blob on its way in.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="Start">Where the client believes that it begins; null for behind what is there.</param>
/// <param name="Length">How many bytes the client says it has; null when it does not.</param>
public readonly record struct UploadChunk(Stream Content, long? Start = null, long? Length = null);
