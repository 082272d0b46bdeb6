using System.Globalization;
using System.Text;

namespace Stapes.Output;

/// <summary>How many columns of a terminal a line takes: the sum over its characters.</summary>
internal static class DisplayWidth
{
    public static int Of(string line) => line.AsSpan().ContainsAnyExceptInRange(' ', '~') ? line.EnumerateRunes().Sum(Of) : line.Length;

    private static int Of(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.Control
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => 0,
        _ => WideCharacters.Contains(rune.Value) ? 2 : 1,
    };
}
