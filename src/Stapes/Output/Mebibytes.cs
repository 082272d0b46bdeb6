using System.Globalization;

namespace Stapes.Output;

/// <summary>Sizes as the Incus tools print them: in MiB, with two digits after the point, halves rounded to the even digit.</summary>
internal static class Mebibytes
{
    public static string Of(long bytes) =>
        Math.Round((decimal)bytes / (1 << 20), 2, MidpointRounding.ToEven).ToString("F2", CultureInfo.InvariantCulture) + "MiB";
}
