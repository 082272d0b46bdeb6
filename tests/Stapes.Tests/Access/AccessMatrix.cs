using System.Runtime.CompilerServices;

namespace Stapes.Tests.Access;

/// <summary>The table of <c>docs/access.md</c>: what each kind of caller is answered on each route.</summary>
internal sealed class AccessMatrix
{
    private readonly Dictionary<string, IReadOnlyDictionary<string, (int Public, int Private)>> rows;

    private AccessMatrix(Dictionary<string, IReadOnlyDictionary<string, (int, int)>> rows) => this.rows = rows;

    public IEnumerable<string> Routes => rows.Keys;

    /// <summary>Null for a cell that is not in the table.</summary>
    public (int Public, int Private)? Find(string route, string caller) =>
        rows.TryGetValue(route, out var row) && row.TryGetValue(caller, out var cell) ? cell : null;

    public static AccessMatrix Read([CallerFilePath] string here = "")
    {
        var lines = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/access.md"))
            .Where(static l => l.StartsWith('|')).Select(static l => l.Trim('|').Split('|', StringSplitOptions.TrimEntries)).ToList();
        var head = lines.Find(static l => l[0] == "route")!;
        var rows = new Dictionary<string, IReadOnlyDictionary<string, (int, int)>>();
        foreach (var line in lines.Where(static l => l[0].StartsWith('`') && l[0].Contains('/')))
            rows.Add(line[0].Trim('`'), Enumerable.Range(1, head.Length - 1).ToDictionary(i => head[i], i => Cell(line[i])));
        return new(rows);
    }

    /// <summary>Whether it is one of the many routes behind the only one that the server's router knows of the registry.</summary>
    public static bool IsOfRegistry(string route) => route.Contains(" /v2/", StringComparison.Ordinal) && !route.StartsWith('*');

    /// <summary>One status, or two: for a public and for a private image.</summary>
    public static string Format(int ofPublic, int ofPrivate) => ofPublic == ofPrivate ? $"{ofPublic}" : $"{ofPublic}/{ofPrivate}";

    private static (int, int) Cell(string text)
    {
        var statuses = text.Split('/').Select(int.Parse).ToList();
        return (statuses[0], statuses[^1]);
    }
}
