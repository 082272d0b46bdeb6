namespace Stapes.Output;

/// <summary>
/// The order of a list's rows: by the first column that differs, in <see cref="NaturalOrder"/>, an empty cell last. Rows have the same
/// number of cells.
/// </summary>
internal sealed class NaturalRowOrder : IComparer<IReadOnlyList<string>>
{
    public static readonly NaturalRowOrder Instance = new();

    public int Compare(IReadOnlyList<string>? x, IReadOnlyList<string>? y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        for (var i = 0; i < x.Count; i++)
        {
            if (CompareCells(x[i], y[i]) is not 0 and var order)
                return order;
        }

        return 0;
    }

    private static int CompareCells(string x, string y) => (x.Length, y.Length) switch
    {
        (0, 0) => 0,
        (0, _) => 1,
        (_, 0) => -1,
        _ => NaturalOrder.Instance.Compare(x, y),
    };
}
