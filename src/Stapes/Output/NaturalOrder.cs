using Stapes.Core;

namespace Stapes.Output;

/// <summary>
/// The order of names that people expect: <c>c2</c> before <c>c10</c>. Runs of ASCII digits compare as numbers of any size, and of two
/// equal ones the one with fewer leading zeros comes first; a digit comes before any other character; the rest compares by code point.
/// A total order: only identical strings are equal.
/// </summary>
internal sealed class NaturalOrder : IComparer<string>
{
    public static readonly NaturalOrder Instance = new();

    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> left = x;
        ReadOnlySpan<char> right = y;
        while (!left.IsEmpty && !right.IsEmpty)
        {
            var digits = (char.IsAsciiDigit(left[0]), char.IsAsciiDigit(right[0]));
            var order = digits switch
            {
                (true, true) => CompareNumbers(ref left, ref right),
                (true, false) => -1,
                (false, true) => 1,
                _ => CompareText(ref left, ref right),
            };
            if (order != 0)
                return order;
        }

        return left.Length.CompareTo(right.Length);
    }

    private static int CompareNumbers(ref ReadOnlySpan<char> x, ref ReadOnlySpan<char> y)
    {
        var left = TakeNumber(ref x, out var leftZeros);
        var right = TakeNumber(ref y, out var rightZeros);
        if (left.Length != right.Length)
            return left.Length.CompareTo(right.Length);
        return left.SequenceCompareTo(right) is not 0 and var order ? order : leftZeros.CompareTo(rightZeros);
    }

    // The digits without leading zeros: the longer one of two numbers is then the greater one.
    private static ReadOnlySpan<char> TakeNumber(ref ReadOnlySpan<char> text, out int zeros)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9') is >= 0 and var found ? found : text.Length;
        var number = text[..end].TrimStart('0');
        zeros = end - number.Length;
        text = text[end..];
        return number;
    }

    private static int CompareText(ref ReadOnlySpan<char> x, ref ReadOnlySpan<char> y)
    {
        var order = CodePointOrder.Compare(x[0], y[0]);
        x = x[1..];
        y = y[1..];
        return order;
    }
}
