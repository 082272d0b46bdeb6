namespace Stapes.Core;

/// <summary>
/// The order of strings by Unicode code point, which is the order of their UTF-8 bytes: what Go sorts by. Ordinal comparison differs
/// from it where a surrogate meets U+E000…U+FFFF.
/// </summary>
public sealed class CodePointOrder : IComparer<string>
{
    public static readonly CodePointOrder Instance = new();

    public int Compare(string? x, string? y)
    {
        var common = x.AsSpan().CommonPrefixLength(y);
        return common < x?.Length && common < y?.Length
            ? Compare(x[common], y[common])
            : (x?.Length ?? 0).CompareTo(y?.Length ?? 0);
    }

    /// <summary>Compares the first UTF-16 units that differ between two strings.</summary>
    public static int Compare(char x, char y) => Rank(x).CompareTo(Rank(y));

    private static int Rank(char unit) => char.IsSurrogate(unit) ? 0x10000 + unit : unit;
}
