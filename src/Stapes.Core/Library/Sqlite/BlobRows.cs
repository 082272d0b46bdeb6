using Stapes.Core.Images;

namespace Stapes.Core.Library.Sqlite;

/// <summary>The tables of blobs and of claims to them; the states are those of <see cref="ICatalog"/>.</summary>
internal sealed class BlobRows(SqliteSession session)
{
    public bool TryClaim(string claim, IReadOnlyCollection<ImageFile> files)
    {
        foreach (var file in files)
        {
            if (session.Exists("SELECT 1 FROM blobs WHERE digest = @digest AND deleting = TRUE", ("@digest", file.Digest.Hex)))
                return false;
        }

        foreach (var file in files)
        {
            session.Execute(
                """
                INSERT INTO blobs (digest, size, referenced, deleting) VALUES (@digest, @size, FALSE, FALSE)
                ON CONFLICT (digest) DO NOTHING
                """,
                ("@digest", file.Digest.Hex), ("@size", file.Size));
            session.Execute(
                "INSERT INTO blob_claims (claim, digest) VALUES (@claim, @digest) ON CONFLICT (claim, digest) DO NOTHING",
                ("@claim", claim), ("@digest", file.Digest.Hex));
        }

        return true;
    }

    /// <summary>Turns claims into references.</summary>
    public void Refer(string claim, IEnumerable<ImageFile> files)
    {
        foreach (var file in files)
        {
            var claimed = session.Execute(
                """
                UPDATE blobs SET referenced = TRUE, released_at = NULL
                WHERE digest = @digest AND EXISTS (SELECT 1 FROM blob_claims c WHERE c.claim = @claim AND c.digest = blobs.digest)
                """,
                ("@claim", claim), ("@digest", file.Digest.Hex));
            if (claimed == 0)
                throw new InvalidOperationException($"The blob {file.Digest} was not claimed.");
        }

        Unclaim(claim);
    }

    public void Unclaim(string claim) => session.Execute("DELETE FROM blob_claims WHERE claim = @claim", ("@claim", claim));

    public void UnclaimAll() => session.Execute("DELETE FROM blob_claims");

    /// <summary>Ends an image's references, after its row is gone.</summary>
    public void Release(Image image, DateTimeOffset now)
    {
        foreach (var digest in FilesOf(image).Select(static f => f.Digest))
        {
            ReleaseUnused(digest, now);
            if (image.Public)
            {
                session.Execute(
                    "UPDATE blobs SET withdrawn_at = @now WHERE digest = @digest",
                    ("@digest", digest.Hex), ("@now", now.ToUnixTimeMilliseconds()));
            }
        }
    }

    /// <summary>Notes that a blob was released, unless an image or a repository refers to it still.</summary>
    public void ReleaseUnused(Sha256Digest digest, DateTimeOffset now) => session.Execute(
        """
        UPDATE blobs SET referenced = FALSE, released_at = @now
        WHERE digest = @digest
            AND NOT EXISTS (SELECT 1 FROM images WHERE metadata_digest = @digest)
            AND NOT EXISTS (SELECT 1 FROM images WHERE root_digest = @digest)
            AND NOT EXISTS (SELECT 1 FROM repository_blobs WHERE bytes = @digest)
        """,
        ("@digest", digest.Hex), ("@now", now.ToUnixTimeMilliseconds()));

    public bool IsVisible(Sha256Digest digest, Audience audience, DateTimeOffset deletedAfter) =>
        IsPublic(digest, deletedAfter) || (!audience.Equals(Audience.Everyone) && ProjectsOf(digest).Exists(audience.MaySeePrivate));

    private bool IsPublic(Sha256Digest digest, DateTimeOffset deletedAfter) => session.Exists(
        """
        SELECT 1 FROM images WHERE metadata_digest = @digest AND public = TRUE
        UNION ALL SELECT 1 FROM images WHERE root_digest = @digest AND public = TRUE
        UNION ALL SELECT 1 FROM blobs WHERE digest = @digest AND withdrawn_at > @after
        """,
        ("@digest", digest.Hex), ("@after", deletedAfter.ToUnixTimeMilliseconds()));

    private List<string> ProjectsOf(Sha256Digest digest) => session.Query(
        "SELECT project FROM images WHERE metadata_digest = @digest UNION SELECT project FROM images WHERE root_digest = @digest",
        static row => row.GetString(0), ("@digest", digest.Hex));

    public List<Sha256Digest> Mark(DateTimeOffset releasedBefore, int limit)
    {
        session.Execute(
            """
            UPDATE blobs SET deleting = TRUE WHERE digest IN (
                SELECT b.digest FROM blobs b
                WHERE b.referenced = FALSE AND b.deleting = FALSE AND (b.released_at IS NULL OR b.released_at < @before)
                    AND NOT EXISTS (SELECT 1 FROM blob_claims c WHERE c.digest = b.digest)
                LIMIT @limit)
            """,
            ("@before", releasedBefore.ToUnixTimeMilliseconds()), ("@limit", limit));
        return session.Query(
            "SELECT digest FROM blobs WHERE referenced = FALSE AND deleting = TRUE", static row => ImageRows.ParseDigest(row.GetString(0)));
    }

    /// <returns>Whether the blob was unknown, and is marked now.</returns>
    public bool MarkUnknown(Sha256Digest digest) => session.Execute(
        "INSERT INTO blobs (digest, size, referenced, deleting) VALUES (@digest, 0, FALSE, TRUE) ON CONFLICT (digest) DO NOTHING",
        ("@digest", digest.Hex)) > 0;

    public void Forget(Sha256Digest digest) =>
        session.Execute("DELETE FROM blobs WHERE digest = @digest AND deleting = TRUE", ("@digest", digest.Hex));

    internal static IEnumerable<ImageFile> FilesOf(Image image) =>
        image.RootFile is null ? [image.MetadataFile] : [image.MetadataFile, image.RootFile];
}
