using Stapes.Core.Images;

namespace Stapes.Core.Library.Sqlite;

/// <summary>The tables of aliases and of what they lead to.</summary>
internal sealed class AliasRows(SqliteSession session, StringPool pool)
{
    public List<Alias> ReadAll()
    {
        var targets = session.Query(
                "SELECT project, name, type, architecture, fingerprint FROM alias_targets",
                row => (Key: new AliasKey(pool.Share(row.GetString(0)), row.GetString(1)), Target: ReadTarget(row, 2)))
            .ToLookup(static t => t.Key, static t => t.Target);
        return session.Query("SELECT project, name, description FROM aliases", row =>
        {
            var key = new AliasKey(pool.Share(row.GetString(0)), row.GetString(1));
            return Make(key, pool.Share(row.GetString(2)), targets[key]);
        });
    }

    public Alias? Find(AliasKey key)
    {
        var description = session.QuerySingle(
            "SELECT description FROM aliases WHERE project = @project AND name = @name",
            static row => row.GetString(0), ("@project", key.Project), ("@name", key.Name));
        return description is null ? null : Make(key, description, session.Query(
            "SELECT type, architecture, fingerprint FROM alias_targets WHERE project = @project AND name = @name",
            static row => ReadTarget(row, 0), ("@project", key.Project), ("@name", key.Name)));
    }

    /// <summary>The aliases that lead to an image.</summary>
    public List<AliasKey> Of(ImageKey image) => session.Query(
        "SELECT DISTINCT name FROM alias_targets WHERE project = @project AND fingerprint = @fingerprint",
        row => new AliasKey(image.Project, row.GetString(0)), ("@project", image.Project), ("@fingerprint", image.Fingerprint.Hex));

    /// <summary>Writes an alias in place of the one of that key, if there is one.</summary>
    public void Put(Alias alias)
    {
        Delete(alias.Key);
        session.Execute(
            "INSERT INTO aliases (project, name, description) VALUES (@project, @name, @description)",
            ("@project", alias.Project), ("@name", alias.Name), ("@description", alias.Description));
        foreach (var target in alias.Targets)
        {
            session.Execute(
                """
                INSERT INTO alias_targets (project, name, type, architecture, fingerprint)
                VALUES (@project, @name, @type, @architecture, @fingerprint)
                """,
                ("@project", alias.Project), ("@name", alias.Name), ("@type", target.Type.ToName()),
                ("@architecture", target.Architecture.Name), ("@fingerprint", target.Fingerprint.Hex));
        }
    }

    public void Delete(AliasKey key)
    {
        session.Execute("DELETE FROM alias_targets WHERE project = @project AND name = @name", ("@project", key.Project), ("@name", key.Name));
        session.Execute("DELETE FROM aliases WHERE project = @project AND name = @name", ("@project", key.Project), ("@name", key.Name));
    }

    private static AliasTarget ReadTarget(Microsoft.Data.Sqlite.SqliteDataReader row, int column) => new(
        ImageRows.ParseType(row.GetString(column)),
        ImageRows.ParseArchitecture(row.GetString(column + 1)),
        ImageRows.ParseDigest(row.GetString(column + 2)));

    private static Alias Make(AliasKey key, string description, IEnumerable<AliasTarget> targets) => new()
    {
        Project = key.Project,
        Name = key.Name,
        Description = description,
        Targets = [.. targets.OrderBy(static t => t.Type).ThenBy(static t => t.Architecture.Name, StringComparer.Ordinal)],
    };
}
