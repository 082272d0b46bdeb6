using Stapes.Core.Repositories;

namespace Stapes.Core.Library.Sqlite;

/// <summary>Repositories, and which blobs they have. A row of repository_blobs means that its row of blobs is referenced.</summary>
internal sealed class RepositoryBlobRows(SqliteSession session)
{
    public void AddRepository(string repository) =>
        session.Execute("INSERT INTO repositories (name) VALUES (@name) ON CONFLICT (name) DO NOTHING", ("@name", repository));

    public RepositoryBlob? Find(string repository, string digest) => session.QuerySingle(
        "SELECT digest, bytes, size FROM repository_blobs WHERE repository = @repository AND digest = @digest",
        static row => new RepositoryBlob(row.GetString(0), ImageRows.ParseDigest(row.GetString(1)), row.GetInt64(2)),
        ("@repository", repository), ("@digest", digest));

    /// <summary>Adds a blob that no manifest needs yet; of one that is there the time begins anew.</summary>
    public void Add(string repository, RepositoryBlob blob, DateTimeOffset now)
    {
        AddRepository(repository);
        session.Execute(
            """
            INSERT INTO repository_blobs (repository, digest, bytes, size, idle_since) VALUES (@repository, @digest, @bytes, @size, @now)
            ON CONFLICT (repository, digest) DO NOTHING
            """,
            ("@repository", repository), ("@digest", blob.Digest), ("@bytes", blob.Bytes.Hex), ("@size", blob.Size), ("@now", now.ToUnixTimeMilliseconds()));
        Renew(repository, blob.Digest, now);
    }

    public void Renew(string repository, string digest, DateTimeOffset now) => session.Execute(
        "UPDATE repository_blobs SET idle_since = @now WHERE repository = @repository AND digest = @digest AND idle_since IS NOT NULL",
        ("@repository", repository), ("@digest", digest), ("@now", now.ToUnixTimeMilliseconds()));

    public void SetNeeded(string repository, string digest) => session.Execute(
        "UPDATE repository_blobs SET idle_since = NULL WHERE repository = @repository AND digest = @digest",
        ("@repository", repository), ("@digest", digest));

    public void SetIdle(string repository, string digest, DateTimeOffset now)
    {
        if (!IsNeeded(repository, digest))
        {
            session.Execute(
                "UPDATE repository_blobs SET idle_since = @now WHERE repository = @repository AND digest = @digest",
                ("@repository", repository), ("@digest", digest), ("@now", now.ToUnixTimeMilliseconds()));
        }
    }

    public bool IsNeeded(string repository, string digest) => session.Exists(
        "SELECT 1 FROM manifest_blobs WHERE repository = @repository AND digest = @digest",
        ("@repository", repository), ("@digest", digest));

    public List<string> Holders(string digest, int limit) => session.Query(
        "SELECT repository FROM repository_blobs WHERE digest = @digest ORDER BY repository LIMIT @limit",
        static row => row.GetString(0), ("@digest", digest), ("@limit", limit));

    public void Delete(string repository, RepositoryBlob blob, DateTimeOffset now)
    {
        session.Execute(
            "DELETE FROM repository_blobs WHERE repository = @repository AND digest = @digest",
            ("@repository", repository), ("@digest", blob.Digest));
        new BlobRows(session).ReleaseUnused(blob.Bytes, now);
    }

    /// <returns>How many blobs were taken out.</returns>
    public int Expire(DateTimeOffset idleBefore, DateTimeOffset now, int limit)
    {
        var idle = session.Query(
            "SELECT repository, digest, bytes, size FROM repository_blobs WHERE idle_since < @before LIMIT @limit",
            static row => (Repository: row.GetString(0), Blob: new RepositoryBlob(row.GetString(1), ImageRows.ParseDigest(row.GetString(2)), row.GetInt64(3))),
            ("@before", idleBefore.ToUnixTimeMilliseconds()), ("@limit", limit));
        foreach (var (repository, blob) in idle)
            Delete(repository, blob, now);
        session.Execute(
            """
            DELETE FROM repositories
            WHERE NOT EXISTS (SELECT 1 FROM repository_blobs b WHERE b.repository = repositories.name)
                AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository = repositories.name)
            """);
        return idle.Count;
    }
}
