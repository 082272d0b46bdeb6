using System.Globalization;

namespace Stapes.Protocols.Shared;

/// <summary>A part of a file that exists: at least one byte, within the file.</summary>
internal readonly record struct ByteRange(long Start, long Length)
{
    /// <summary>The value of Content-Range (RFC 9110, section 14.4).</summary>
    public string ContentRange(long total) => string.Create(CultureInfo.InvariantCulture, $"bytes {Start}-{Start + Length - 1}/{total}");
}

/// <summary>What a Range header asks of a file.</summary>
internal enum RangeKind
{
    /// <summary>No range, none that is understood, or one that costs more than the whole: the whole file (200).</summary>
    Whole,

    /// <summary>The listed parts (206).</summary>
    Parts,

    /// <summary>Only parts beyond the end (416).</summary>
    Unsatisfiable,
}

/// <summary>Reads Range headers as RFC 9110, section 14.1.2 and 14.2, wants them.</summary>
internal static class RangeHeader
{
    private const int MostParts = 32;

    /// <param name="header">The value; null or empty where there is none.</param>
    /// <param name="total">The length of the file.</param>
    /// <returns>The kind, and with <see cref="RangeKind.Parts"/> the parts in the order in which they were asked for.</returns>
    public static (RangeKind Kind, IReadOnlyList<ByteRange> Parts) Parse(string? header, long total)
    {
        if (string.IsNullOrEmpty(header) || !header.StartsWith("bytes=", StringComparison.OrdinalIgnoreCase))
            return (RangeKind.Whole, []);

        var parts = new List<ByteRange>();
        var listed = 0;
        foreach (var piece in header.AsSpan("bytes=".Length).Split(','))
        {
            var range = header.AsSpan("bytes=".Length)[piece].Trim(" \t");
            if (range.IsEmpty)
                continue;
            if (!TryParse(range, total, out var part) || ++listed > MostParts)
                return (RangeKind.Whole, []);
            if (part is { } exists)
                parts.Add(exists);
        }

        if (parts.Count == 0)
            return (listed == 0 ? RangeKind.Whole : RangeKind.Unsatisfiable, []);
        // Section 14.2 lets a server ignore ranges that overlap so much that they are more than the file (section 17.15 says why).
        return parts.Count > 1 && parts.Sum(p => (decimal)p.Length) > total ? (RangeKind.Whole, []) : (RangeKind.Parts, parts);
    }

    /// <returns>False when it is no range at all. The part is null when it begins beyond the end.</returns>
    private static bool TryParse(ReadOnlySpan<char> range, long total, out ByteRange? part)
    {
        part = null;
        var dash = range.IndexOf('-');
        if (dash < 0)
            return false;
        var first = range[..dash];
        var last = range[(dash + 1)..];
        if (first.IsEmpty)
        {
            if (!TryParseNumber(last, out var suffix))
                return false;
            if (suffix > 0 && total > 0)
                part = new(Math.Max(0, total - suffix), Math.Min(suffix, total));
            return true;
        }

        var end = long.MaxValue;
        if (!TryParseNumber(first, out var start) || !(last.IsEmpty || TryParseNumber(last, out end)) || end < start)
            return false;
        if (start < total)
            part = new(start, Math.Min(end, total - 1) - start + 1);
        return true;
    }

    /// <summary>Digits only; numbers beyond what a file can have count as the largest.</summary>
    private static bool TryParseNumber(ReadOnlySpan<char> digits, out long value)
    {
        value = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange('0', '9'))
            return false;
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value))
            value = long.MaxValue;
        return true;
    }
}
