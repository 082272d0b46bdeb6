using System.Globalization;
using Stapes.Core.Images;
using Stapes.Core.Repositories;

namespace Stapes.Core.Library.Sqlite;

/// <summary>The repositories of a catalogue in an SQLite file.</summary>
internal sealed class SqliteRepositories(SqliteDatabase database) : IRepositoryCatalog
{
    public IPublishedTags Published { get; } = new SqlitePublishedTags(database);

    public Task<bool> ExistsAsync(string repository, CancellationToken cancellation) => database.ReadAsync(
        session => session.Exists("SELECT 1 FROM repositories WHERE name = @name", ("@name", repository)), cancellation);

    public Task<IReadOnlyList<string>> ListAsync(string after, int limit, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<string>>(
        session => session.Query(
            "SELECT name FROM repositories WHERE name > @after ORDER BY name LIMIT @limit",
            static row => row.GetString(0), ("@after", after), ("@limit", limit)), cancellation);

    public Task<RepositoryBlob?> FindBlobAsync(string repository, string digest, CancellationToken cancellation) =>
        database.ReadAsync(session => new RepositoryBlobRows(session).Find(repository, digest), cancellation);

    public Task<RepositoryBlob?> RenewBlobAsync(string repository, string digest, DateTimeOffset now, CancellationToken cancellation) =>
        database.WriteAsync(
            session =>
            {
                var blobs = new RepositoryBlobRows(session);
                blobs.Renew(repository, digest, now);
                return blobs.Find(repository, digest);
            }, durable: false, cancellation);

    public Task AddBlobAsync(Guid claim, string repository, RepositoryBlob blob, DateTimeOffset now, CancellationToken cancellation) =>
        database.WriteAsync(
            session =>
            {
                new RepositoryBlobRows(session).Add(repository, blob, now);
                new BlobRows(session).Refer(
                    claim.ToString("N", CultureInfo.InvariantCulture), [new ImageFile(blob.Bytes, blob.Size, "")]);
                return true;
            }, durable: false, cancellation);

    public Task<IReadOnlyList<string>> FindHoldersAsync(string digest, int limit, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<string>>(session => new RepositoryBlobRows(session).Holders(digest, limit), cancellation);

    public Task<RepositoryBlob?> MountBlobAsync(
        string from, string repository, string digest, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            var blobs = new RepositoryBlobRows(session);
            if (blobs.Find(from, digest) is not { } blob)
                return null;
            blobs.Add(repository, blob, now);
            return blob;
        }, durable: false, cancellation);

    public Task<bool> DeleteBlobAsync(string repository, string digest, DateTimeOffset now, CancellationToken cancellation) => database.FreeAsync(
        session =>
        {
            var blobs = new RepositoryBlobRows(session);
            if (blobs.Find(repository, digest) is not { } blob)
                return false;
            if (blobs.IsNeeded(repository, digest))
            {
                throw new RepositoryException(RepositoryFault.InUse, ErrorKind.Conflict,
                    $"Manifests of {repository} need the blob {digest}: delete those first") { Digests = [digest] };
            }

            blobs.Delete(repository, blob, now);
            return true;
        }, durable: true, cancellation);

    public Task PushManifestAsync(string repository, ManifestPush push, DateTimeOffset now, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            new ManifestRows(session).Push(repository, push, now);
            return true;
        }, durable: true, cancellation);

    public Task<StoredManifest?> FindManifestAsync(string repository, string digest, CancellationToken cancellation) =>
        database.ReadAsync(session => new ManifestRows(session).Find(repository, digest), cancellation);

    public Task<StoredManifest?> FindTaggedAsync(string repository, string tag, CancellationToken cancellation) =>
        database.ReadAsync(session => new ManifestRows(session).FindTagged(repository, tag), cancellation);

    public Task<bool> DeleteManifestAsync(string repository, string digest, DateTimeOffset now, CancellationToken cancellation) =>
        database.FreeAsync(session => new ManifestRows(session).Delete(repository, digest, now), durable: true, cancellation);

    public Task<bool> DeleteTagAsync(string repository, string tag, CancellationToken cancellation) =>
        database.FreeAsync(session => new ManifestRows(session).DeleteTag(repository, tag), durable: true, cancellation);

    public Task<IReadOnlyList<string>> ListTagsAsync(string repository, string after, int limit, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<string>>(session => new ManifestRows(session).ListTags(repository, after, limit), cancellation);

    public Task<IReadOnlyList<Referrer>> ListReferrersAsync(
        string repository, string subject, string? artifactType, string after, int limit, long annotations, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<Referrer>>(
            session => new ManifestRows(session).ListReferrers(repository, subject, artifactType, after, limit, annotations), cancellation);

    public Task AddUploadAsync(UploadRecord upload, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            new UploadRows(session).Add(upload);
            return true;
        }, durable: false, cancellation);

    public Task<UploadRecord?> FindUploadAsync(Guid id, CancellationToken cancellation) =>
        database.ReadAsync(session => new UploadRows(session).Find(id), cancellation);

    public Task DeleteUploadAsync(Guid id, CancellationToken cancellation) => database.FreeAsync(
        session =>
        {
            new UploadRows(session).Delete(id);
            return true;
        }, durable: false, cancellation);

    public Task<IReadOnlyList<UploadRecord>> ListUploadsAsync(string? owner, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<UploadRecord>>(session => new UploadRows(session).List(owner), cancellation);

    public Task<int> ExpireAsync(DateTimeOffset idleBefore, DateTimeOffset now, int limit, CancellationToken cancellation) =>
        database.FreeAsync(session => new RepositoryBlobRows(session).Expire(idleBefore, now, limit), durable: false, cancellation);
}
