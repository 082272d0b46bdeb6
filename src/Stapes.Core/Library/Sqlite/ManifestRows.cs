using Microsoft.Data.Sqlite;
using Stapes.Core.Repositories;

namespace Stapes.Core.Library.Sqlite;

/// <summary>Manifests, their tags, and what they need.</summary>
internal sealed class ManifestRows(SqliteSession session)
{
    private readonly RepositoryBlobRows blobs = new(session);

    public void Push(string repository, ManifestPush push, DateTimeOffset now)
    {
        Check(repository, push);
        if (push.Precondition is { } precondition)
            precondition(push.Tags is [var tag, ..] ? FindTag(repository, tag) : null);
        blobs.AddRepository(repository);
        Insert(repository, push, now);
        foreach (var blob in push.Blobs.Concat(push.Manifests).Where(b => blobs.Find(repository, b.Digest) is not null))
        {
            session.Execute(
                """
                INSERT INTO manifest_blobs (repository, manifest, digest) VALUES (@repository, @manifest, @digest)
                ON CONFLICT (repository, manifest, digest) DO NOTHING
                """,
                ("@repository", repository), ("@manifest", push.Manifest.Digest), ("@digest", blob.Digest));
            blobs.SetNeeded(repository, blob.Digest);
        }

        foreach (var name in push.Tags)
        {
            session.Execute(
                """
                INSERT INTO tags (repository, name, digest) VALUES (@repository, @name, @digest)
                ON CONFLICT (repository, name) DO UPDATE SET digest = excluded.digest
                """,
                ("@repository", repository), ("@name", name), ("@digest", push.Manifest.Digest));
        }
    }

    public StoredManifest? Find(string repository, string digest) => session.QuerySingle(
        "SELECT digest, media_type, content FROM manifests WHERE repository = @repository AND digest = @digest",
        Read, ("@repository", repository), ("@digest", digest));

    public StoredManifest? FindTagged(string repository, string tag) => session.QuerySingle(
        """
        SELECT m.digest, m.media_type, m.content FROM tags t JOIN manifests m ON m.repository = t.repository AND m.digest = t.digest
        WHERE t.repository = @repository AND t.name = @tag
        """,
        Read, ("@repository", repository), ("@tag", tag));

    public bool Delete(string repository, string digest, DateTimeOffset now)
    {
        ReadOnlySpan<(string, object?)> key = [("@repository", repository), ("@digest", digest)];
        if (session.Execute("DELETE FROM manifests WHERE repository = @repository AND digest = @digest", key) == 0)
            return false;
        session.Execute("DELETE FROM tags WHERE repository = @repository AND digest = @digest", key);
        var needed = session.Query(
            "SELECT digest FROM manifest_blobs WHERE repository = @repository AND manifest = @digest", static row => row.GetString(0), key);
        session.Execute("DELETE FROM manifest_blobs WHERE repository = @repository AND manifest = @digest", key);
        foreach (var blob in needed)
            blobs.SetIdle(repository, blob, now);
        return true;
    }

    public bool DeleteTag(string repository, string tag) => session.Execute(
        "DELETE FROM tags WHERE repository = @repository AND name = @tag", ("@repository", repository), ("@tag", tag)) > 0;

    public List<string> ListTags(string repository, string after, int limit) => session.Query(
        "SELECT name FROM tags WHERE repository = @repository AND name > @after ORDER BY name LIMIT @limit",
        static row => row.GetString(0), ("@repository", repository), ("@after", after), ("@limit", limit));

    public List<Referrer> ListReferrers(string repository, string subject, string? artifactType, string after, int limit, long annotations)
    {
        // Those of one manifest can be as long as a manifest: all of them would fill the memory.
        var (count, length) = (0, 0L);
        return session.QueryUntil(
            """
            SELECT digest, media_type, artifact_type, size, annotations FROM manifests
            WHERE repository = @repository AND subject = @subject AND digest > @after AND (@any = TRUE OR artifact_type = @type)
            ORDER BY digest LIMIT @limit
            """,
            static row => new Referrer(row.GetString(0), row.GetString(1), TextOrNull(row, 2), row.GetInt64(3), TextOrNull(row, 4)),
            last =>
            {
                length += last.Annotations?.Length ?? 0;
                return ++count > 1 && length > annotations;
            },
            ("@repository", repository), ("@subject", subject), ("@any", artifactType is null), ("@type", artifactType), ("@after", after), ("@limit", limit));
    }

    private string? FindTag(string repository, string tag) => session.QuerySingle(
        "SELECT digest FROM tags WHERE repository = @repository AND name = @tag",
        static row => row.GetString(0), ("@repository", repository), ("@tag", tag));

    private void Check(string repository, ManifestPush push)
    {
        var missing = new List<string>();
        foreach (var part in push.Blobs)
        {
            if (blobs.Find(repository, part.Digest) is { } blob)
                CheckSize(part, blob.Size);
            else if (!part.IsElsewhere)
                missing.Add(part.Digest);
        }

        foreach (var part in push.Manifests)
        {
            // An index may name blobs too: of media types that are no manifests.
            if ((SizeOfManifest(repository, part.Digest) ?? blobs.Find(repository, part.Digest)?.Size) is { } size)
                CheckSize(part, size);
            else
                missing.Add(part.Digest);
        }

        if (missing.Count > 0)
        {
            throw new RepositoryException(RepositoryFault.MissingContent, ErrorKind.NotFound,
                $"The manifest names {missing.Count} blobs or manifests that {repository} does not have, such as {missing[0]}: push them first")
            {
                Digests = missing,
            };
        }
    }

    private static void CheckSize(ManifestPart part, long size)
    {
        if (part.Size != size)
        {
            throw new RepositoryException(RepositoryFault.WrongSize, ErrorKind.Invalid,
                $"The manifest says that {part.Digest} has {part.Size} bytes, but it has {size}") { Digests = [part.Digest] };
        }
    }

    private long? SizeOfManifest(string repository, string digest) => session.QuerySingle(
        "SELECT size FROM manifests WHERE repository = @repository AND digest = @digest",
        static row => (long?)row.GetInt64(0), ("@repository", repository), ("@digest", digest));

    private void Insert(string repository, ManifestPush push, DateTimeOffset now) => session.Execute(
        """
        INSERT INTO manifests (repository, digest, media_type, artifact_type, subject, annotations, size, content, pushed_at)
        VALUES (@repository, @digest, @media_type, @artifact_type, @subject, @annotations, @size, @content, @now)
        ON CONFLICT (repository, digest) DO UPDATE SET media_type = excluded.media_type, artifact_type = excluded.artifact_type
        """,
        ("@repository", repository), ("@digest", push.Manifest.Digest), ("@media_type", push.Manifest.MediaType),
        ("@artifact_type", push.ArtifactType), ("@subject", push.Subject), ("@annotations", push.Annotations),
        ("@size", push.Manifest.Content.Length), ("@content", push.Manifest.Content.ToArray()), ("@now", now.ToUnixTimeMilliseconds()));

    private static StoredManifest Read(SqliteDataReader row) => new(row.GetString(0), row.GetString(1), row.GetFieldValue<byte[]>(2));

    private static string? TextOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
