namespace Stapes.Output;

/// <summary>What a kind of text table is drawn with.</summary>
/// <param name="Margin">What surrounds the text of a cell on either side, inside its column.</param>
/// <param name="Side">What starts and ends each line.</param>
/// <param name="Between">What stands between two columns.</param>
/// <param name="MinimumWidth">The width of a column whose cells are all empty, without its margins.</param>
internal sealed record TableStyle(string Margin, string Side, string Between, int MinimumWidth)
{
    public static readonly TableStyle Boxed = new(" ", "│", "│", 0)
    {
        Top = new("┌", "─", "┬", "┐"),
        UnderHeader = new("├", "─", "┼", "┤"),
        BetweenRows = new("├", "─", "┼", "┤"),
        Bottom = new("└", "─", "┴", "┘"),
        BlanksRepeats = true,
    };

    public static readonly TableStyle Compact = new("", "", "│", 1);

    public static readonly TableStyle Markdown = new(" ", "|", "|", 1)
    {
        UnderHeader = new("|", "-", "|", "|") { ColumnEnd = ":" },
        CentredUnderHeader = true,
        BlanksRepeats = true,
    };

    public Rule? Top { get; init; }

    public Rule? UnderHeader { get; init; }

    public Rule? BetweenRows { get; init; }

    public Rule? Bottom { get; init; }

    /// <summary>Rows are centred like their headers; without headers they are left-aligned.</summary>
    public bool CentredUnderHeader { get; init; }

    /// <summary>The first cells of a row are blank where they repeat those of the row above.</summary>
    public bool BlanksRepeats { get; init; }

    /// <summary>A horizontal line. <see cref="ColumnEnd"/> replaces the line's first and last character within each column.</summary>
    internal sealed record Rule(string Left, string Line, string Cross, string Right)
    {
        public string ColumnEnd { get; init; } = Line;
    }
}
