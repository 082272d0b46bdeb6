using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Stapes.Output;

/// <summary>How many columns of a terminal a line takes: the sum over its characters, terminal escape sequences left out.</summary>
internal static partial class DisplayWidth
{
    public static int Of(string line)
    {
        if (!line.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return line.Length;

        // Sequences that a terminal acts upon: CSI (colours) and OSC (links), ECMA-48 sections 5.4 and 5.6.
        var shown = line.Contains('\e', StringComparison.Ordinal) ? EscapeSequences().Replace(line, "") : line;
        return shown.EnumerateRunes().Sum(Of);
    }

    private static int Of(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.Control
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => 0,
        _ => WideCharacters.Contains(rune.Value) ? 2 : 1,
    };

    [GeneratedRegex(@"\e\[[0-?]*[ -/]*[@-~]|\e\][^\a\e]*(?:\a|\e\\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EscapeSequences();
}
