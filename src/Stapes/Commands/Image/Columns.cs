using Stapes.Core;

namespace Stapes.Commands.Image;

/// <summary>A column of a list.</summary>
internal sealed record Column<T>(string Header, Func<T, string> Cell);

/// <summary>The value of <c>--columns</c>.</summary>
internal static class Columns
{
    /// <param name="text">Letters, with or without commas between them; or words with commas around them that <paramref name="named"/> knows.</param>
    /// <param name="letter">The column of a letter; null when there is none.</param>
    /// <param name="named">The column of a word; null to read it as letters.</param>
    /// <exception cref="StapesException">Invalid, with the words of the Incus tools.</exception>
    public static IReadOnlyList<Column<T>> Parse<T>(string text, Func<char, Column<T>?> letter, Func<string, Column<T>?>? named = null)
    {
        var columns = new List<Column<T>>();
        foreach (var entry in text.Split(','))
        {
            if (entry.Length == 0)
                throw new StapesException(ErrorKind.Invalid, $"Empty column entry (redundant, leading or trailing command) in '{text}'");
            if (named?.Invoke(entry) is { } column)
                columns.Add(column);
            else
                columns.AddRange(entry.Select(c => letter(c) ?? throw new StapesException(ErrorKind.Invalid, $"Unknown column shorthand char '{c}' in '{entry}'")));
        }

        return columns;
    }
}
