using System.Text;

namespace Stapes.Output;

/// <summary>
/// A table of text for people, laid out as tablewriter does for the Incus tools: columns as wide as their widest line, headers centred,
/// cells left-aligned, a cell of several lines in a row of several lines, of which those with nothing in them are dropped.
/// <para>
/// Where a style says so, the first cells of a row are left blank as long as they repeat those above, and no line is drawn above them.
/// An empty cell or <c>-</c> ends the repetition, and so does the last column if there are headers.
/// </para>
/// </summary>
internal sealed class TextTable
{
    private readonly TextWriter _writer;
    private readonly TableStyle _style;
    private readonly int[] _widths;

    /// <summary>Between rows it is nearly always the same.</summary>
    private (TableStyle.Rule? Rule, string Text) _lastRule;

    private TextTable(TextWriter writer, TableStyle style, TextCell[]? header, TextCell[][] body)
    {
        _writer = writer;
        _style = style;
        _widths = new int[(header ?? body[0]).Length];
        Array.Fill(_widths, style.MinimumWidth);
        Widen(header ?? []);
        foreach (var row in body)
            Widen(row);
    }

    /// <summary>Empty <paramref name="headers"/> are no headers; with neither headers nor rows nothing is written.</summary>
    public static void Write(TextWriter writer, TableStyle style, IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        TextCell[]? header = headers.Count > 0 ? Cells(headers) : null;
        TextCell[][] body = [.. rows.Select(Cells)];
        if (header is not null || body.Length > 0)
            new TextTable(writer, style, header, body).Write(header, body);
    }

    private static TextCell[] Cells(IReadOnlyList<string> row)
    {
        var cells = new TextCell[row.Count];
        for (var i = 0; i < cells.Length; i++)
            cells[i] = new(row[i]);
        return cells;
    }

    private void Widen(TextCell[] row)
    {
        for (var column = 0; column < row.Length; column++)
            _widths[column] = Math.Max(_widths[column], row[column].Width);
    }

    private void Write(TextCell[]? header, TextCell[][] body)
    {
        WriteRule(_style.Top);
        if (header is not null)
        {
            WriteRow(header, centred: true);
            if (body.Length > 0 || _style.Bottom is null)
                WriteRule(_style.UnderHeader);
        }

        for (var i = 0; i < body.Length; i++)
        {
            var repeated = i > 0 && _style.BlanksRepeats ? Repeated(body[i - 1], body[i], hasHeader: header is not null) : 0;
            if (i > 0)
                WriteRule(_style.BetweenRows, repeated);
            var row = repeated == 0 ? body[i] : [.. body[i].Select((cell, column) => column < repeated ? TextCell.Blank : cell)];
            WriteRow(row, _style.CentredUnderHeader && header is not null);
        }

        WriteRule(_style.Bottom);
    }

    private static int Repeated(TextCell[] above, TextCell[] row, bool hasHeader)
    {
        var most = row.Length - (hasHeader ? 1 : 0);
        var count = 0;
        while (count < most && row[count].Joined is var text and not ("" or "-") && text == above[count].Joined)
            count++;
        return count;
    }

    private void WriteRow(TextCell[] cells, bool centred)
    {
        var count = 0;
        foreach (var cell in cells)
            count = Math.Max(count, cell.LineCount);
        var isWritten = false;
        for (var i = 0; i < count; i++)
        {
            if (IsBlank(cells, i))
                continue;
            WriteLine(cells, i, centred);
            isWritten = true;
        }

        if (!isWritten)
            WriteLine(cells, 0, centred);
    }

    private static bool IsBlank(TextCell[] cells, int line)
    {
        foreach (var cell in cells)
        {
            if (!cell.Line(line).IsBlank)
                return false;
        }

        return true;
    }

    private void WriteLine(TextCell[] cells, int line, bool centred)
    {
        _writer.Write(_style.Side);
        for (var column = 0; column < cells.Length; column++)
        {
            if (column > 0)
                _writer.Write(_style.Between);
            WriteCell(cells[column].Line(line), _widths[column], centred);
        }

        _writer.Write(_style.Side);
        _writer.Write('\n');
    }

    private void WriteCell(TextLine line, int width, bool centred)
    {
        var room = width - line.Width;
        var before = centred ? room / 2 : 0;
        _writer.Write(_style.Margin);
        Repeat(' ', before);
        _writer.Write(line.Text);
        Repeat(' ', room - before);
        _writer.Write(_style.Margin);
    }

    // Above the first columns, as many as are blank, there is room in place of the line.
    private void WriteRule(TableStyle.Rule? rule, int blank = 0)
    {
        if (rule is null)
            return;
        if (blank == 0 && ReferenceEquals(rule, _lastRule.Rule))
        {
            _writer.Write(_lastRule.Text);
            return;
        }

        var text = Rule(rule, blank);
        if (blank == 0)
            _lastRule = (rule, text);
        _writer.Write(text);
    }

    private string Rule(TableStyle.Rule rule, int blank)
    {
        var text = new StringBuilder();
        for (var column = 0; column < _widths.Length; column++)
        {
            var width = _widths[column] + (2 * _style.Margin.Length);
            text.Append((column, column.CompareTo(blank)) switch
            {
                (_, < 0) => _style.Side,
                (0, _) or (_, 0) => rule.Left,
                _ => rule.Cross,
            });
            if (column < blank)
            {
                text.Append(' ', width);
                continue;
            }

            text.Append(rule.ColumnEnd);
            text.Append(rule.Line[0], width - 2);
            text.Append(rule.ColumnEnd);
        }

        text.Append(blank == _widths.Length ? _style.Side : rule.Right);
        return text.Append('\n').ToString();
    }

    private void Repeat(char character, int count)
    {
        Span<char> piece = stackalloc char[64];
        piece.Fill(character);
        for (; count > 0; count -= piece.Length)
            _writer.Write(piece[..Math.Min(count, piece.Length)]);
    }
}
