using Microsoft.Data.Sqlite;

namespace Stapes.Core.Library.Sqlite;

/// <summary>Statements on one connection. Parameters are values of the database's own kinds; null stands for NULL.</summary>
internal sealed class SqliteSession(SqliteConnection connection, string file)
{
    /// <summary>The database's file, for messages.</summary>
    public string File => file;

    /// <returns>How many rows changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(sql, parameters);
        return command.ExecuteNonQuery();
    }

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        QueryUntil(sql, read, static _ => false, parameters);

    /// <summary>Reads no row behind the one that is the last.</summary>
    public List<T> QueryUntil<T>(
        string sql, Func<SqliteDataReader, T> read, Func<T, bool> isLast, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(sql, parameters);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
            if (isLast(rows[^1]))
                break;
        }

        return rows;
    }

    /// <summary>The first row, or the default when there is none.</summary>
    public T? QuerySingle<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var command = Command(sql, parameters);
        using var reader = command.ExecuteReader();
        return reader.Read() ? read(reader) : default;
    }

    public bool Exists(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) => QuerySingle(sql, static _ => true, parameters);

    private SqliteCommand Command(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant or a migration; values are parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }
}
