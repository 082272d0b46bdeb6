using System.Globalization;

namespace Stapes.Output;

/// <summary>Points in time as the Incus tools print them: in the time of this machine, to the minute, with the short name of its zone.</summary>
internal static class LocalTime
{
    public static string Format(DateTimeOffset time) => Format(time, TimeZoneInfo.Local);

    public static string Format(DateTimeOffset time, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(time, zone);
        // Without globalisation data .NET's names are those of the zone's file: "CET" and "CEST".
        var name = zone.BaseUtcOffset == TimeSpan.Zero && !zone.SupportsDaylightSavingTime ? "UTC"
            : zone.IsDaylightSavingTime(local) ? zone.DaylightName : zone.StandardName;
        return $"{local.ToString("yyyy'/'MM'/'dd HH':'mm", CultureInfo.InvariantCulture)} {name}";
    }
}
