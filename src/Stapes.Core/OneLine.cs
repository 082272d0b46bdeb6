using System.Text;

namespace Stapes.Core;

/// <summary>
/// Text for a message: one line that no terminal takes for more than text, and not endless. What servers, files and images say is part of
/// messages, and may be anything.
/// </summary>
public static class OneLine
{
    /// <summary>How long a message is, in UTF-16 characters.</summary>
    public const int LongestMessage = 1000;

    private const string Left = " … ";

    /// <summary>
    /// The text with a space for each run of control characters, line breaks and marks that turn the direction of writing. What is too long
    /// loses its middle: the beginning says what failed, and the end what to do about it.
    /// </summary>
    public static string Of(string text, int longest = LongestMessage)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > longest)
        {
            var (before, after) = ((longest - Left.Length) * 2 / 3, (longest - Left.Length) / 3);
            text = string.Concat(Whole(text.AsSpan(0, before)), Left, Whole(text.AsSpan(text.Length - after)));
        }

        return text.Any(IsUnfit) ? Fit(text) : text;
    }

    /// <summary>Whether a terminal may act upon it instead of showing it: control characters, and marks that end lines or turn the direction of writing.</summary>
    public static bool IsSteering(char c) => char.IsControl(c) || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private static string Fit(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsBmp && IsSteering((char)rune.Value))
            {
                if (line.Length > 0 && line[^1] != ' ')
                    line.Append(' ');
            }
            else
            {
                line.Append(rune.ToString());
            }
        }

        return line.ToString().TrimEnd(' ');
    }

    private static bool IsUnfit(char c) => char.IsSurrogate(c) || IsSteering(c);

    /// <summary>Without the half of a character at its ends.</summary>
    private static ReadOnlySpan<char> Whole(ReadOnlySpan<char> part)
    {
        if (part is [.., var last] && char.IsHighSurrogate(last))
            part = part[..^1];
        return part is [var first, ..] && char.IsLowSurrogate(first) ? part[1..] : part;
    }
}
