using System.Globalization;

namespace Stapes.Protocols.Simplestreams;

/// <summary>The key of a version: a date, usually with a time. Clients skip what does not start with YYYYMMDD and take the greatest as the newest.</summary>
public static class Serial
{
    /// <summary>The serial of an image made at that moment: YYYYMMDDhhmm, in UTC wherever the tool runs.</summary>
    public static string FromTime(DateTimeOffset time) => time.UtcDateTime.ToString("yyyyMMddHHmm", CultureInfo.InvariantCulture);

    /// <param name="serial">The key of a version.</param>
    /// <param name="date">Midnight UTC of its first eight characters.</param>
    public static bool TryReadDate(string serial, out DateTimeOffset date)
    {
        date = default;
        return serial.Length >= 8 && DateTimeOffset.TryParseExact(
            serial.AsSpan(0, 8), "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out date);
    }

    /// <summary>
    /// The latest moment that a serial can stand for: the minute in it (YYYYMMDDhhmm, YYYYMMDD_hhmm, YYYYMMDD_hh:mm), else the end of
    /// its day; null when it has no date.
    /// </summary>
    public static DateTimeOffset? LatestTime(string serial)
    {
        if (!TryReadDate(serial, out var date))
            return null;
        var rest = serial[8..].TrimStart('_').Replace(":", "", StringComparison.Ordinal);
        return rest.Length >= 4 && TimeOnly.TryParseExact(rest.AsSpan(0, 4), "HHmm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            ? date + time.ToTimeSpan()
            : date.AddDays(1);
    }

    /// <summary>Whether clients list a version of that name, and any of them can put it into a path.</summary>
    public static bool IsValid(string serial) =>
        TryReadDate(serial, out _) && serial.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or ':' or '-');

    /// <summary>The next serial after one that is taken: X.001 after X, X.002 after X.001; it sorts after that, on the same date.</summary>
    public static string After(string serial) =>
        serial.LastIndexOf('.') is var dot and >= 8 && serial.AsSpan(dot + 1) is { Length: 3 } digits
        && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 999
            ? string.Create(CultureInfo.InvariantCulture, $"{serial.AsSpan(0, dot)}.{number + 1:000}")
            : serial + ".001";

    /// <summary>The serials to try for one more image of the same minute; each sorts after those before it: X, X.001, X.002, ….</summary>
    public static IEnumerable<string> Candidates(string serial) =>
        Enumerable.Range(0, 1000).Select(n => n == 0 ? serial : string.Create(CultureInfo.InvariantCulture, $"{serial}.{n:000}"));
}
