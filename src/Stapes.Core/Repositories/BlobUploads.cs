using System.Collections.Concurrent;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Storage;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Core.Repositories;

/// <summary>
/// Blobs on their way into repositories: in one piece, or in chunks over several requests, of which the next may reach the next process. A
/// blob is visible as a whole, with the digest that the client promised, or not at all.
/// </summary>
/// <remarks>All methods throw <see cref="StapesException"/>: Full when the disk is full; then the upload is over.</remarks>
public sealed class BlobUploads : IDisposable
{
    private readonly IRepositoryCatalog catalog;
    private readonly IBlobStore blobs;
    private readonly BlobClaims claims;
    private readonly LibraryOptions options;
    private readonly StorageLimits limits;
    private readonly ConcurrentDictionary<Guid, BlobUpload> live = [];

    internal BlobUploads(IRepositoryCatalog catalog, IBlobStore blobs, BlobClaims claims, LibraryOptions options, StorageLimits limits)
    {
        this.catalog = catalog;
        this.blobs = blobs;
        this.claims = claims;
        this.options = options;
        this.limits = limits;
    }

    /// <summary>Begins an upload. Whoever has too many gives up the oldest that no request works on.</summary>
    /// <exception cref="RepositoryException">TooManyUploads: requests work on all of them.</exception>
    public async Task<BlobUpload> BeginAsync(string repository, string owner, CancellationToken cancellation)
    {
        var unfinished = await catalog.ListUploadsAsync(owner, cancellation);
        if (unfinished.Count >= options.MostUploads)
        {
            var oldest = unfinished.FirstOrDefault(u => !(live.TryGetValue(u.Id, out var upload) && upload.IsRunning))
                ?? throw new RepositoryException(RepositoryFault.TooManyUploads, ErrorKind.Unavailable,
                    $"You have {unfinished.Count} uploads running, as many as there may be: wait for one to end");
            await CancelAsync(live.GetOrAdd(oldest.Id, _ => Revive(oldest)), cancellation);
        }

        var record = new UploadRecord(Guid.NewGuid(), repository, owner, options.Time.GetUtcNow());
        await catalog.AddUploadAsync(record, cancellation);
        return live[record.Id] = Revive(record);
    }

    /// <summary>Finds an unfinished upload of a repository, also one of an earlier process.</summary>
    /// <exception cref="RepositoryException">UnknownUpload.</exception>
    public async Task<BlobUpload> FindAsync(string repository, Guid id, CancellationToken cancellation)
    {
        if (!live.TryGetValue(id, out var upload))
        {
            var record = await catalog.FindUploadAsync(id, cancellation) ?? throw BlobUpload.Unknown(id);
            upload = live.GetOrAdd(id, _ => Revive(record));
            await upload.RunAsync(_ =>
            {
                upload.Open();
                return Task.FromResult(true);
            }, cancellation);
        }

        return upload.Record.Repository == repository ? upload : throw BlobUpload.Unknown(id);
    }

    /// <summary>Writes a chunk behind what is there. What arrives before the client breaks off stays.</summary>
    /// <param name="upload">The upload.</param>
    /// <param name="chunk">What comes.</param>
    /// <param name="algorithm">How the blob will be addressed, <c>sha256:</c> or <c>sha512:</c>; another one costs a second reading.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="RepositoryException">WrongOffset; UnknownUpload: it has ended.</exception>
    public Task AppendAsync(BlobUpload upload, UploadChunk chunk, string algorithm, CancellationToken cancellation) =>
        WriteAsync(upload, token => upload.AppendAsync(chunk, algorithm, token), cancellation);

    /// <summary>Writes the last chunk, which may be empty, and gives the blob to its repository.</summary>
    /// <exception cref="RepositoryException">WrongDigest: then the upload is over. WrongOffset; UnknownUpload.</exception>
    public async Task<RepositoryBlob> FinishAsync(BlobUpload upload, UploadChunk chunk, string digest, CancellationToken cancellation)
    {
        RepositoryBlob? blob = null;
        await WriteAsync(upload, async token =>
        {
            await upload.AppendAsync(chunk, digest, token);
            var size = upload.Length;
            blob = await StoreAsync(upload.Record.Repository, new(digest, upload.Finish(digest), size), upload.File, CancellationToken.None);
            await EndAsync(upload);
        }, cancellation);
        return blob!;
    }

    /// <summary>Stores a blob that comes in one piece.</summary>
    /// <exception cref="RepositoryException">WrongDigest, TooLarge.</exception>
    public async Task<RepositoryBlob> AddAsync(string repository, Stream content, string digest, CancellationToken cancellation)
    {
        using var file = blobs.Stage();
        using var hash = ContentHash.For(digest);
        var arriving = new ArrivingStream(content, 0, limits, cancellation);
        await ContentPump.RunAsync(arriving, hash, file.Content);
        arriving.ThrowIfBroken();
        var size = file.Content.Length;
        return await StoreAsync(repository, new(digest, hash.Finish(digest), size), file, CancellationToken.None);
    }

    /// <summary>Gives an upload up.</summary>
    public Task CancelAsync(BlobUpload upload, CancellationToken cancellation) => upload.RunAsync(async _ =>
    {
        upload.Open();
        await EndAsync(upload);
        return true;
    }, cancellation);

    /// <summary>Lets go of all files; unfinished ones stay for the next process.</summary>
    public void Dispose()
    {
        foreach (var upload in live.Values)
            upload.Dispose();
    }

    /// <summary>Gives up the uploads that nobody has gone on with for long.</summary>
    internal async Task ExpireAsync(CancellationToken cancellation)
    {
        var before = options.Time.GetUtcNow() - options.PushGrace;
        foreach (var record in await catalog.ListUploadsAsync(owner: null, cancellation))
        {
            if (record.StartedAt >= before || (live.TryGetValue(record.Id, out var busy) && (busy.IsRunning || busy.LastUsed >= before)))
                continue;
            await CancelAsync(live.GetOrAdd(record.Id, _ => Revive(record)), cancellation);
        }
    }

    private BlobUpload Revive(UploadRecord record) => new(record, blobs, limits, options.Time.GetUtcNow());

    private Task<bool> WriteAsync(BlobUpload upload, Func<CancellationToken, Task> write, CancellationToken cancellation) => upload.RunAsync(async token =>
    {
        upload.LastUsed = options.Time.GetUtcNow();
        try
        {
            await write(token);
            return true;
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Full || e is RepositoryException { Fault: RepositoryFault.WrongDigest or RepositoryFault.TooLarge })
        {
            await EndAsync(upload);
            throw;
        }
        finally
        {
            upload.LastUsed = options.Time.GetUtcNow();
        }
    }, cancellation);

    private async Task EndAsync(BlobUpload upload)
    {
        live.TryRemove(upload.Record.Id, out _);
        upload.End();
        await catalog.DeleteUploadAsync(upload.Record.Id, CancellationToken.None);
    }

    private async Task<RepositoryBlob> StoreAsync(string repository, RepositoryBlob blob, StagedFile file, CancellationToken cancellation)
    {
        var claim = await claims.ClaimAsync([new ImageFile(blob.Bytes, blob.Size, "")], cancellation);
        try
        {
            await blobs.PutAsync(blob.Bytes, file, cancellation);
            await catalog.AddBlobAsync(claim, repository, blob, options.Time.GetUtcNow(), cancellation);
            return blob;
        }
        catch
        {
            await claims.AbandonAsync(claim);
            throw;
        }
    }
}
