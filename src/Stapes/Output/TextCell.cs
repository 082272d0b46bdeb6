namespace Stapes.Output;

/// <summary>A cell of a <see cref="TextTable"/>: the text's lines without outer white space, at least one line.</summary>
internal sealed class TextCell
{
    public static readonly TextCell Blank = new("");

    public TextCell(string text)
    {
        var shown = text.Trim().Replace("\t", "        ", StringComparison.Ordinal);
        Lines = [.. shown.Split('\n').Select(line => new TextLine(line, DisplayWidth.Of(line)))];
        Width = Lines.Max(line => line.Width);
        Joined = shown.Replace("\n", "", StringComparison.Ordinal);
    }

    public TextLine[] Lines { get; }

    /// <summary>The width of the widest line.</summary>
    public int Width { get; }

    /// <summary>All lines in one, by which cells are compared.</summary>
    public string Joined { get; }

    /// <summary>The line of that number, empty past the last one.</summary>
    public TextLine Line(int number) => number < Lines.Length ? Lines[number] : new TextLine("", 0);
}

internal readonly record struct TextLine(string Text, int Width)
{
    public bool IsBlank => string.IsNullOrWhiteSpace(Text);
}
