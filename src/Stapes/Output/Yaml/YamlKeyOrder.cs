using System.Globalization;
using System.Numerics;
using System.Text;

namespace Stapes.Output.Yaml;

/// <summary>
/// The order of a map's keys in YAML, which is not the one of its JSON. Where two keys differ first: runs of digits compare as numbers,
/// a letter comes after what is no letter (but before it right after a digit), the rest goes by code point.
/// </summary>
internal sealed class YamlKeyOrder : IComparer<string>
{
    public static readonly YamlKeyOrder Instance = new();

    public int Compare(string? x, string? y)
    {
        Rune[] left = [.. (x ?? "").EnumerateRunes()];
        Rune[] right = [.. (y ?? "").EnumerateRunes()];
        var at = left.AsSpan().CommonPrefixLength(right);
        if (at == left.Length || at == right.Length)
            return left.Length.CompareTo(right.Length);

        return (Rune.IsLetter(left[at]), Rune.IsLetter(right[at])) switch
        {
            (true, true) => left[at].CompareTo(right[at]),
            (false, false) => CompareNumbers(left, right, at),
            var (leftIsLetter, _) => leftIsLetter == IsDigit(left, at - 1) ? -1 : 1,
        };
    }

    private static int CompareNumbers(Rune[] left, Rune[] right, int at)
    {
        var (leftEnd, rightEnd) = (EndOfDigits(left, at), EndOfDigits(right, at));

        // A zero here is a leading one, unless a digit that counts stands before it.
        var lead = FollowsNonZeroDigit(left, at) ? BigInteger.One : BigInteger.Zero;
        var (leftNumber, rightNumber) = (Number(lead, left.AsSpan(at..leftEnd)), Number(lead, right.AsSpan(at..rightEnd)));
        return (leftNumber.CompareTo(rightNumber), leftEnd.CompareTo(rightEnd)) switch
        {
            (0, 0) => left[at].CompareTo(right[at]),
            (0, var byLength) => byLength,
            var (byValue, _) => byValue,
        };
    }

    private static BigInteger Number(BigInteger lead, ReadOnlySpan<Rune> digits)
    {
        foreach (var digit in digits)
            lead = (lead * 10) + (digit.Value - '0');
        return lead;
    }

    private static bool FollowsNonZeroDigit(Rune[] key, int at)
    {
        for (var i = at - 1; IsDigit(key, i); i--)
        {
            if (key[i].Value != '0')
                return true;
        }

        return false;
    }

    private static int EndOfDigits(Rune[] key, int start)
    {
        while (start < key.Length && IsDigit(key, start))
            start++;
        return start;
    }

    private static bool IsDigit(Rune[] key, int at) =>
        at >= 0 && Rune.GetUnicodeCategory(key[at]) == UnicodeCategory.DecimalDigitNumber;
}
