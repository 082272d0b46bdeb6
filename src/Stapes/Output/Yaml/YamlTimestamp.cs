using System.Globalization;
using System.Text.RegularExpressions;

namespace Stapes.Output.Yaml;

/// <summary>
/// Whether a plain scalar is a point in time (YAML 1.1's timestamp type, as far as Go reads it): a date, a date and a time after one
/// space without a zone, or after a T with one. All parts must be in their range.
/// </summary>
internal static partial class YamlTimestamp
{
    public static bool Matches(string text)
    {
        if (text.Length < 8 || text[4] != '-' || Pattern().Match(text) is not { Success: true } match)
            return false;

        int Part(string name) =>
            match.Groups[name] is { Success: true } group ? int.Parse(group.ValueSpan, CultureInfo.InvariantCulture) : 0;

        // The proleptic calendar has a leap year 0, DateTime has not.
        return Part("month") is >= 1 and <= 12
            && Part("day") is >= 1 and var day && day <= DateTime.DaysInMonth(Part("year") is 0 ? 4 : Part("year"), Part("month"))
            && Part("hour") < 24 && Part("minute") < 60 && Part("second") < 60
            && Part("zoneHour") <= 24 && Part("zoneMinute") < 60;
    }

    [GeneratedRegex(
        """
        ^(?<year>[0-9]{4})-(?<month>[0-9]{1,2})-(?<day>[0-9]{1,2})
        (
            ((?<zoned>[Tt])|[ ])
            (?<hour>[0-9]{1,2}):(?<minute>[0-9]{1,2}):(?<second>[0-9]{1,2})([.,][0-9]+)?
            (?(zoned)(Z|[-+](?<zoneHour>[0-9]{2}):(?<zoneMinute>[0-9]{2})))
        )?\z
        """,
        RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
