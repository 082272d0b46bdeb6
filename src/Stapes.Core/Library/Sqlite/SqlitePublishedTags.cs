using Stapes.Core.Images;
using Stapes.Core.Repositories;

namespace Stapes.Core.Library.Sqlite;

/// <summary>What was made of tags, in an SQLite file.</summary>
internal sealed class SqlitePublishedTags(SqliteDatabase database) : IPublishedTags
{
    public Task<IReadOnlyList<string>> ListRepositoriesAsync(string after, int limit, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<string>>(
        session => session.Query(
            "SELECT DISTINCT repository FROM published_tags WHERE repository > @after ORDER BY repository LIMIT @limit",
            static row => row.GetString(0), ("@after", after), ("@limit", limit)), cancellation);

    public Task<IReadOnlyList<string>> ListChangedAsync(
        string repository, string project, bool isPublic, string after, int limit, CancellationToken cancellation) => database.ReadAsync<IReadOnlyList<string>>(
        session => session.Query(
            """
            SELECT t.name AS name FROM tags t LEFT JOIN published_tags p ON p.repository = t.repository AND p.name = t.name
            WHERE t.repository = @repository AND t.name > @after
              AND (p.name IS NULL OR p.digest <> t.digest OR p.project <> @project OR p.public <> @public)
            UNION
            SELECT p.name AS name FROM published_tags p LEFT JOIN tags t ON t.repository = p.repository AND t.name = p.name
            WHERE p.repository = @repository AND p.name > @after AND t.name IS NULL
            ORDER BY name LIMIT @limit
            """,
            static row => row.GetString(0),
            ("@repository", repository), ("@project", project), ("@public", isPublic), ("@after", after), ("@limit", limit)), cancellation);

    public Task<PublishedTag?> FindAsync(string repository, string tag, CancellationToken cancellation) =>
        database.ReadAsync(session => Find(session, repository, tag), cancellation);

    public Task<PublishedTag?> FindSameAsync(PublishedTag tag, CancellationToken cancellation) => database.ReadAsync(
        session => session.QuerySingle(
            """
            SELECT repository, name FROM published_tags
            WHERE digest = @digest AND project = @project AND public = @public AND NOT (repository = @repository AND name = @tag) LIMIT 1
            """,
            static row => (Repository: row.GetString(0), Tag: row.GetString(1)),
            ("@digest", tag.Digest), ("@project", tag.Project), ("@public", tag.IsPublic), ("@repository", tag.Repository), ("@tag", tag.Tag))
            is { Repository: { } repository } same ? Find(session, repository, same.Tag) : null, cancellation);

    public Task SetAsync(PublishedTag tag, CancellationToken cancellation) => database.WriteAsync(
        session =>
        {
            Delete(session, tag.Repository, tag.Tag);
            session.Execute(
                "INSERT INTO published_tags (repository, name, digest, project, public) VALUES (@repository, @tag, @digest, @project, @public)",
                ("@repository", tag.Repository), ("@tag", tag.Tag), ("@digest", tag.Digest), ("@project", tag.Project), ("@public", tag.IsPublic));
            foreach (var image in tag.Images)
            {
                session.Execute(
                    "INSERT INTO published_images (repository, name, project, fingerprint, made) VALUES (@repository, @tag, @project, @fingerprint, @made)",
                    ("@repository", tag.Repository), ("@tag", tag.Tag), ("@project", tag.Project), ("@fingerprint", image.Fingerprint.Hex), ("@made", image.IsMade));
            }

            return true;
        }, durable: false, cancellation);

    public Task DeleteAsync(string repository, string tag, CancellationToken cancellation) => database.FreeAsync(
        session =>
        {
            Delete(session, repository, tag);
            return true;
        }, durable: false, cancellation);

    public Task<IReadOnlyList<ImageHolder>> ListHoldersAsync(string project, Sha256Digest fingerprint, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<ImageHolder>>(
            session => session.Query(
                """
                SELECT i.repository, i.name, p.public, i.made FROM published_images i
                JOIN published_tags p ON p.repository = i.repository AND p.name = i.name
                WHERE i.project = @project AND i.fingerprint = @fingerprint
                """,
                static row => new ImageHolder(row.GetString(0), row.GetString(1), row.GetBoolean(2), row.GetBoolean(3)),
                ("@project", project), ("@fingerprint", fingerprint.Hex)), cancellation);

    private static PublishedTag? Find(SqliteSession session, string repository, string tag)
    {
        ReadOnlySpan<(string, object?)> key = [("@repository", repository), ("@tag", tag)];
        var images = session.Query(
            "SELECT fingerprint, made FROM published_images WHERE repository = @repository AND name = @tag ORDER BY fingerprint",
            static row => new PublishedImage(ImageRows.ParseDigest(row.GetString(0)), row.GetBoolean(1)), key);
        return session.QuerySingle(
            "SELECT digest, project, public FROM published_tags WHERE repository = @repository AND name = @tag",
            row => new PublishedTag
            {
                Repository = repository,
                Tag = tag,
                Digest = row.GetString(0),
                Project = row.GetString(1),
                IsPublic = row.GetBoolean(2),
                Images = images,
            }, key);
    }

    private static void Delete(SqliteSession session, string repository, string tag)
    {
        ReadOnlySpan<(string, object?)> key = [("@repository", repository), ("@tag", tag)];
        session.Execute("DELETE FROM published_images WHERE repository = @repository AND name = @tag", key);
        session.Execute("DELETE FROM published_tags WHERE repository = @repository AND name = @tag", key);
    }
}
