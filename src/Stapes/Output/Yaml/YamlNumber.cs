using System.Globalization;
using System.Text.RegularExpressions;

namespace Stapes.Output.Yaml;

/// <summary>Whether a plain scalar is a number: finite, and within 64 bits if its radix is not ten.</summary>
internal static partial class YamlNumber
{
    public static bool Matches(string text)
    {
        // Underscores may stand anywhere, but in a number that starts with a dot only between digits.
        if (text.StartsWith('.') && StrayUnderscore().IsMatch(text))
            return false;
        var digits = text.Replace("_", "", StringComparison.Ordinal);
        return Decimal().IsMatch(digits)
            ? double.IsFinite(double.Parse(digits, CultureInfo.InvariantCulture))
            : WithRadix().Match(digits) is { Success: true } match && FitsInteger(match);
    }

    private static bool FitsInteger(Match match)
    {
        UInt128 limit = match.Groups["sign"].Value switch
        {
            "-" => 1UL << 63,
            "+" => long.MaxValue,
            _ => ulong.MaxValue,
        };
        UInt128 radix = match.Groups["radix"].Value switch
        {
            "x" or "X" => 16,
            "o" or "O" => 8,
            _ => 2,
        };
        var value = UInt128.Zero;
        foreach (var digit in match.Groups["digits"].ValueSpan)
        {
            value = (value * radix) + (UInt128)(char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
            if (value > limit)
                return false;
        }

        return true;
    }

    [GeneratedRegex(@"_(?![0-9])|(?<![0-9])_", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StrayUnderscore();

    [GeneratedRegex(
        @"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Decimal();

    [GeneratedRegex(
        @"^(?<sign>[-+]?)0((?<radix>[xX])(?<digits>[0-9a-fA-F]+)|(?<radix>[oO])(?<digits>[0-7]+)|(?<radix>[bB])(?<digits>[01]+))\z",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex WithRadix();
}
