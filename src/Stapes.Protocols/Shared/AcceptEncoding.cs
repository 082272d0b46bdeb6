using System.Globalization;

namespace Stapes.Protocols.Shared;

/// <summary>The content codings in which a prepared body exists; a higher one is the better choice where the client has no preference.</summary>
internal enum ContentCoding
{
    Identity,
    Gzip,
    Zstd,
    Brotli,
}

/// <summary>Chooses a content coding by an Accept-Encoding header (RFC 9110, section 12.5.3).</summary>
internal static class AcceptEncoding
{
    public const int Codings = 4;

    /// <summary>The acceptable coding of the highest quality; identity where none is, because a body that is readable beats none.</summary>
    public static ContentCoding Choose(string? header)
    {
        if (string.IsNullOrEmpty(header))
            return ContentCoding.Identity;

        // The quality of each coding in thousandths; -1 where it is not named.
        Span<int> quality = [-1, -1, -1, -1];
        var others = -1;
        foreach (var piece in header.AsSpan().Split(','))
        {
            var element = header.AsSpan()[piece];
            var semicolon = element.IndexOf(';');
            var name = (semicolon < 0 ? element : element[..semicolon]).Trim(" \t");
            var q = semicolon < 0 ? 1000 : Quality(element[(semicolon + 1)..]);
            if (name is "*")
                others = q;
            else if (TryName(name, out var coding))
                quality[(int)coding] = q;
        }

        var best = ContentCoding.Identity;
        // Identity is acceptable unless it is excluded, but only as what remains: a client that names others wants those.
        var bestQuality = quality[0] >= 0 ? quality[0] : 0;
        for (var coding = ContentCoding.Gzip; coding <= ContentCoding.Brotli; coding++)
        {
            var q = quality[(int)coding] >= 0 ? quality[(int)coding] : others;
            if (q > 0 && q >= bestQuality)
                (best, bestQuality) = (coding, q);
        }

        return best;
    }

    private static bool TryName(ReadOnlySpan<char> name, out ContentCoding coding)
    {
        coding = ContentCoding.Identity;
        if (name.Equals("gzip", StringComparison.OrdinalIgnoreCase) || name.Equals("x-gzip", StringComparison.OrdinalIgnoreCase))
            coding = ContentCoding.Gzip;
        else if (name.Equals("br", StringComparison.OrdinalIgnoreCase))
            coding = ContentCoding.Brotli;
        else if (name.Equals("zstd", StringComparison.OrdinalIgnoreCase))
            coding = ContentCoding.Zstd;
        else
            return name.Equals("identity", StringComparison.OrdinalIgnoreCase);
        return true;
    }

    private static int Quality(ReadOnlySpan<char> parameter)
    {
        parameter = parameter.Trim(" \t");
        return parameter is ['q' or 'Q', '=', .. var number]
            && decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? (int)(Math.Clamp(value, 0, 1) * 1000)
            : 1000;
    }
}
