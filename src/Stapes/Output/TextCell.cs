namespace Stapes.Output;

/// <summary>A cell of a <see cref="TextTable"/>: the text's lines without outer white space, at least one line.</summary>
internal readonly struct TextCell
{
    public static readonly TextCell Blank = new("");

    private readonly string shown;

    /// <summary>Null where there is one, as nearly everywhere.</summary>
    private readonly TextLine[]? lines;

    public TextCell(string text)
    {
        shown = TerminalText.Of(text.Trim()).Replace("\t", "        ", StringComparison.Ordinal);
        if (shown.Contains('\n', StringComparison.Ordinal))
        {
            lines = [.. shown.Split('\n').Select(line => new TextLine(line, DisplayWidth.Of(line)))];
            Width = lines.Max(line => line.Width);
        }
        else
        {
            Width = DisplayWidth.Of(shown);
        }
    }

    public int LineCount => lines?.Length ?? 1;

    /// <summary>The width of the widest line.</summary>
    public int Width { get; }

    /// <summary>All lines in one, by which cells are compared.</summary>
    public string Joined => lines is null ? shown : shown.Replace("\n", "", StringComparison.Ordinal);

    /// <summary>The line of that number, empty past the last one.</summary>
    public TextLine Line(int number) => lines is null ? (number == 0 ? new(shown, Width) : new("", 0)) : number < lines.Length ? lines[number] : new("", 0);
}

internal readonly record struct TextLine(string Text, int Width)
{
    public bool IsBlank => string.IsNullOrWhiteSpace(Text);
}
