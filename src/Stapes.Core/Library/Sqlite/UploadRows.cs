using System.Globalization;
using Microsoft.Data.Sqlite;
using Stapes.Core.Repositories;

namespace Stapes.Core.Library.Sqlite;

/// <summary>Unfinished uploads.</summary>
internal sealed class UploadRows(SqliteSession session)
{
    public void Add(UploadRecord upload) => session.Execute(
        "INSERT INTO uploads (id, repository, owner, started_at) VALUES (@id, @repository, @owner, @started_at)",
        ("@id", NameOf(upload.Id)), ("@repository", upload.Repository), ("@owner", upload.Owner), ("@started_at", upload.StartedAt.ToUnixTimeMilliseconds()));

    public UploadRecord? Find(Guid id) => session.QuerySingle(
        "SELECT id, repository, owner, started_at FROM uploads WHERE id = @id", Read, ("@id", NameOf(id)));

    public void Delete(Guid id) => session.Execute("DELETE FROM uploads WHERE id = @id", ("@id", NameOf(id)));

    public List<UploadRecord> List(string? owner) => owner is null
        ? session.Query("SELECT id, repository, owner, started_at FROM uploads ORDER BY started_at", Read)
        : session.Query("SELECT id, repository, owner, started_at FROM uploads WHERE owner = @owner ORDER BY started_at", Read, ("@owner", owner));

    private static string NameOf(Guid id) => id.ToString("N", CultureInfo.InvariantCulture);

    private static UploadRecord Read(SqliteDataReader row) => new(
        Guid.ParseExact(row.GetString(0), "N"), row.GetString(1), row.GetString(2), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)));
}
