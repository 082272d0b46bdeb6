using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stapes.Output.Yaml;

namespace Stapes.Output;

/// <summary>Prints one list in any <see cref="ListFormat"/>, byte for byte as the Incus 7.0 tools print it.</summary>
internal static class ListPrinter
{
    /// <summary>
    /// The kinds of table (table, compact, markdown, csv) print <paramref name="headers"/> and <paramref name="rows"/> in the order
    /// given; every row has as many cells as there are headers. JSON and YAML print <paramref name="raw"/>, each in its own order.
    /// The list reaches <paramref name="writer"/> in one piece, every line of it ended by a line feed. <paramref name="type"/> is the
    /// source-generated description of <paramref name="raw"/>; <see cref="YamlWriter"/> learns from it what JSON does not tell.
    /// </summary>
    public static void Print<T>(
        TextWriter writer,
        ListFormat format,
        IReadOnlyList<string> headers,
        IReadOnlyList<IReadOnlyList<string>> rows,
        T raw,
        JsonTypeInfo<T> type) =>
        // The kinds of table have no use for it, and it is most of the work.
        Print(writer, format, headers, rows, format.Kind is ListKind.Json or ListKind.Yaml ? JsonSerializer.SerializeToElement(raw, type) : default, type);

    /// <summary>The same for a list that is JSON already: its fields and values are printed as they are, also those that <paramref name="type"/> does not have; YAML alone needs that.</summary>
    public static void Print(
        TextWriter writer,
        ListFormat format,
        IReadOnlyList<string> headers,
        IReadOnlyList<IReadOnlyList<string>> rows,
        JsonElement raw,
        JsonTypeInfo? type)
    {
        var shown = format.NoHeader ? [] : headers;
        // About what a row takes.
        using var text = new StringWriter(new StringBuilder(256 * (rows.Count + 1)), CultureInfo.InvariantCulture) { NewLine = "\n" };
        switch (format.Kind)
        {
            case ListKind.Table:
                TextTable.Write(text, TableStyle.Boxed, shown, rows);
                break;
            case ListKind.Compact:
                TextTable.Write(text, TableStyle.Compact, shown, rows);
                break;
            case ListKind.Markdown:
                TextTable.Write(text, TableStyle.Markdown, shown, rows);
                break;
            case ListKind.Csv:
                CsvWriter.Write(text, format.Header ? [shown, .. rows] : rows);
                break;
            case ListKind.Json:
                text.WriteLine(GoJson.Serialize(raw));
                break;
            case ListKind.Yaml:
                YamlWriter.Write(text, raw, type ?? throw new ArgumentNullException(nameof(type)));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(format), format.Kind, "Unknown kind of list.");
        }

        writer.Write(text.GetStringBuilder());
    }
}
