using System.Globalization;

namespace Stapes.Commands.Serve;

/// <summary>Lengths of time as people write them: <c>30s</c>, <c>5m</c>, <c>1h30m</c>, <c>2d</c>; <c>0</c> needs no unit.</summary>
internal static class ServeDuration
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text is "0")
            return true;
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0 || !int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return false;
            rest = rest[digits..];
            var unit = rest.IndexOfAnyInRange('0', '9') is var end and >= 0 ? rest[..end] : rest;
            if (UnitOf(unit) is not { } one || number > Longest / one)
                return false;
            duration += number * one;
            rest = rest[unit.Length..];
        }

        return text.Length > 0 && duration <= Longest;
    }

    private static TimeSpan? UnitOf(ReadOnlySpan<char> unit) => unit switch
    {
        "ms" => TimeSpan.FromMilliseconds(1),
        "s" => TimeSpan.FromSeconds(1),
        "m" => TimeSpan.FromMinutes(1),
        "h" => TimeSpan.FromHours(1),
        "d" => TimeSpan.FromDays(1),
        _ => null,
    };
}
