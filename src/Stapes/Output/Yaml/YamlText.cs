using System.Text;

namespace Stapes.Output.Yaml;

/// <summary>In which styles of a scalar a text keeps its meaning, by its characters alone (YAML 1.1, chapters 5 and 9).</summary>
internal readonly struct YamlText
{
    public YamlText(string text)
    {
        var runes = text.EnumerateRunes();
        var isSpecial = runes.Any(rune => rune.Value is not ('\n' or '\t') && !IsPrintable(rune));
        var hasTab = text.Contains('\t', StringComparison.Ordinal);
        var spaceEndsLine = text.EndsWith(' ') || text.Contains(" \n", StringComparison.Ordinal);

        HasLineFeed = text.Contains('\n', StringComparison.Ordinal);
        Literal = !isSpecial && !spaceEndsLine && !string.IsNullOrWhiteSpace(text);
        SingleQuoted = !isSpecial && !hasTab && !HasLineFeed;
        Plain = SingleQuoted && text.Length > 0 && !text.StartsWith(' ') && !text.EndsWith(' ') && !HasIndicator(text);
    }

    public bool HasLineFeed { get; }

    public bool Plain { get; }

    public bool SingleQuoted { get; }

    public bool Literal { get; }

    /// <summary>Whether a character may stand in a document unescaped; what lies outside the BMP is escaped as well, like in Go.</summary>
    public static bool IsPrintable(Rune rune) => rune.Value is
        (>= ' ' and <= '~') or (>= 0xa0 and < 0xd800 and not (0x2028 or 0x2029)) or (>= 0xe000 and <= 0xfffd and not 0xfeff);

    private static bool HasIndicator(string text) =>
        text.StartsWith("---", StringComparison.Ordinal)
        || text.StartsWith("...", StringComparison.Ordinal)
        || "#,[]{}&*!|>'\"%@`".Contains(text[0], StringComparison.Ordinal)
        || (text[0] is '-' or '?' && text is [_] or [_, ' ', ..])
        || text.EndsWith(':')
        || text.Contains(": ", StringComparison.Ordinal)
        || text.Contains(" #", StringComparison.Ordinal);
}
