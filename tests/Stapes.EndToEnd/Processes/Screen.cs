using System.Globalization;
using System.Text.RegularExpressions;

namespace Stapes.EndToEnd.Processes;

/// <summary>What a terminal shows of what a program writes to it: lines, and the movements of the cursor by which lines are drawn again.</summary>
internal sealed partial class Screen(int width)
{
    private readonly List<char[]> lines = [];
    private int row;
    private int column;
    private string rest = "";

    /// <summary>The lines that are not empty, without the spaces at their ends.</summary>
    public IReadOnlyList<string> Lines => [.. lines.Select(static l => new string(l).TrimEnd()).Where(static l => l.Length > 0)];

    public void Write(string text)
    {
        text = rest + text;
        rest = "";
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != '\e')
            {
                Put(text[at]);
            }
            else if (at + 1 < text.Length && text[at + 1] is ('=' or '>'))
            {
                // The mode of the keypad (DECKPAM, DECKPNM).
                at++;
            }
            else if (Sequence().Match(text, at) is { Success: true } match)
            {
                Obey(match.Groups["what"].Value[0], match.Groups["how"].Value);
                at += match.Length - 1;
            }
            else
            {
                // The rest of it comes with the next piece.
                rest = text[at..];
                return;
            }
        }
    }

    private char[] Line(int number)
    {
        while (lines.Count <= number)
            lines.Add([.. Enumerable.Repeat(' ', width)]);
        return lines[number];
    }

    private void Put(char c)
    {
        switch (c)
        {
            case '\n':
                row++;
                break;
            case '\r':
                column = 0;
                break;
            case >= ' ':
                if (column == width)
                    (row, column) = (row + 1, 0);
                Line(row)[column++] = c;
                break;
        }
    }

    /// <summary>ECMA-48, sections 8.3.22 (up), 8.3.20 (forward), 8.3.41 (erase in line), 8.3.39 (erase in page).</summary>
    private void Obey(char what, string how)
    {
        var count = int.TryParse(how, CultureInfo.InvariantCulture, out var number) ? number : 1;
        switch (what)
        {
            case 'A':
                row = Math.Max(0, row - count);
                break;
            case 'B':
                row += count;
                break;
            case 'C':
                column = Math.Min(width, column + count);
                break;
            case 'G':
                column = count - 1;
                break;
            case 'K':
                Array.Fill(Line(row), ' ', how == "2" ? 0 : column, width - (how == "2" ? 0 : column));
                break;
            case 'J':
                Array.Fill(Line(row), ' ', column, width - column);
                lines.RemoveRange(row + 1, lines.Count - row - 1);
                break;
        }
    }

    [GeneratedRegex(@"\G\e\[(?<how>[0-?]*)[ -/]*(?<what>[@-~])", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sequence();
}
