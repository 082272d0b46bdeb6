namespace Stapes.Core.Remotes;

/// <summary>Finding an image among those that a remote has.</summary>
public static class RemoteImages
{
    /// <summary>The image whose fingerprint is, or starts with, a text; null when there is none.</summary>
    /// <exception cref="StapesException">Invalid: several do.</exception>
    public static RemoteImage? FindFingerprint(IEnumerable<RemoteImage> images, string prefix)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        var start = prefix.ToLowerInvariant();
        if (start.Length == 0 || !start.All(char.IsAsciiHexDigitLower))
            return null;
        var found = images.Where(i => i.Fingerprint.Hex.StartsWith(start, StringComparison.Ordinal)).DistinctBy(static i => i.Fingerprint).Take(3).ToList();
        return found.Count < 2
            ? found.FirstOrDefault()
            : throw new StapesException(ErrorKind.Invalid, $"More than one image has a fingerprint that starts with {prefix}, such as {string.Join(" and ", found.Take(2).Select(static i => i.Fingerprint.Hex[..12]))}: give more of it");
    }

    /// <summary>The name that one may have meant; null when none is near.</summary>
    /// <param name="name">What was asked for.</param>
    /// <param name="names">What there is.</param>
    public static string? Nearest(string name, IEnumerable<string> names)
    {
        ArgumentNullException.ThrowIfNull(name);
        var limit = Math.Max(1, name.Length / 3);
        return names.Distinct()
            .Select(candidate => (Name: candidate, Distance: Distance(name, candidate, limit)))
            .Where(c => c.Distance <= limit)
            .OrderBy(static c => c.Distance).ThenBy(static c => c.Name.Length).ThenBy(static c => c.Name, StringComparer.Ordinal)
            .Select(static c => c.Name).FirstOrDefault();
    }

    /// <summary>How many letters have to be added, dropped, replaced or swapped with their neighbour; more than the limit is any such number.</summary>
    private static int Distance(string a, string b, int limit)
    {
        if (Math.Abs(a.Length - b.Length) > limit)
            return limit + 1;
        var rows = new int[3][];
        for (var i = 0; i < 3; i++)
            rows[i] = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            rows[0][j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var (row, above, twoAbove) = (rows[i % 3], rows[(i + 2) % 3], rows[(i + 1) % 3]);
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], twoAbove[j - 2] + 1);
            }
        }

        return rows[a.Length % 3][b.Length];
    }
}
