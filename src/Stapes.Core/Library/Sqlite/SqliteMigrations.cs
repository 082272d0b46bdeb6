using System.Globalization;
using System.Reflection;

namespace Stapes.Core.Library.Sqlite;

/// <summary>Brings a database to the newest schema: the numbered files of <c>Migrations/</c>, each once, in order. A file that was released never changes.</summary>
internal static class SqliteMigrations
{
    private static readonly (int Number, string Resource)[] All =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(static name => name.StartsWith("Sqlite.", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(static name => (int.Parse(name.AsSpan(7, 4), CultureInfo.InvariantCulture), name)),
    ];

    /// <exception cref="StapesException">A newer Stapes made the database.</exception>
    public static void Apply(SqliteSession session)
    {
        session.Execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)");
        var present = session.QuerySingle("SELECT COALESCE(MAX(version), 0) FROM schema_version", static row => row.GetInt32(0));
        if (present > All[^1].Number)
        {
            throw new StapesException(ErrorKind.Unavailable,
                $"The catalogue {session.File} has version {present}, but this Stapes knows only {All[^1].Number}: run the newer Stapes that made it");
        }

        foreach (var (number, resource) in All.Where(m => m.Number > present))
        {
            session.Execute(Read(resource));
            session.Execute("INSERT INTO schema_version (version) VALUES (@version)", ("@version", number));
        }
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
