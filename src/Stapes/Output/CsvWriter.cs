using System.Buffers;

namespace Stapes.Output;

/// <summary>
/// Comma-separated values with line feeds (RFC 4180), quoted as Go's encoding/csv does: only a field that holds a comma, a quote or a
/// line break, that starts with white space, or that is <c>\.</c> (PostgreSQL's end of data).
/// </summary>
internal static class CsvWriter
{
    private static readonly SearchValues<char> Special = SearchValues.Create(",\"\r\n");

    public static void Write(TextWriter writer, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        foreach (var row in rows)
        {
            for (var i = 0; i < row.Count; i++)
            {
                if (i > 0)
                    writer.Write(',');
                WriteField(writer, row[i]);
            }

            writer.Write('\n');
        }
    }

    private static void WriteField(TextWriter writer, string field)
    {
        if (!NeedsQuotes(field))
        {
            writer.Write(field);
            return;
        }

        writer.Write('"');
        writer.Write(field.Replace("\"", "\"\"", StringComparison.Ordinal));
        writer.Write('"');
    }

    private static bool NeedsQuotes(string field) =>
        field.Length > 0 && (field == @"\." || char.IsWhiteSpace(field[0]) || field.AsSpan().ContainsAny(Special));
}
