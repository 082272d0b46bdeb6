using System.Globalization;

namespace Stapes.Core;

/// <summary>Sizes as Incus writes them in the progress of transfers: in decimal units, with two digits after the point.</summary>
public static class DecimalSize
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB"];

    public static string Of(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1000 && unit + 1 < Units.Length; unit++)
            value /= 1000;
        return unit == 0 ? $"{bytes}B" : string.Create(CultureInfo.InvariantCulture, $"{value:F2}{Units[unit]}");
    }
}
