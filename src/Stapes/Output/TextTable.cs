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

    private TextTable(TextWriter writer, TableStyle style, IReadOnlyList<TextCell[]> rows)
    {
        _writer = writer;
        _style = style;
        _widths = [.. rows[0].Select((_, column) => Math.Max(style.MinimumWidth, rows.Max(row => row[column].Width)))];
    }

    /// <summary>Empty <paramref name="headers"/> are no headers; with neither headers nor rows nothing is written.</summary>
    public static void Write(TextWriter writer, TableStyle style, IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        TextCell[]? header = headers.Count > 0 ? Cells(headers) : null;
        TextCell[][] body = [.. rows.Select(Cells)];
        if (header is not null || body.Length > 0)
            new TextTable(writer, style, header is null ? body : [header, .. body]).Write(header, body);
    }

    private static TextCell[] Cells(IReadOnlyList<string> row) => [.. row.Select(cell => new TextCell(cell))];

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
            TextCell[] row = [.. body[i].Select((cell, column) => column < repeated ? TextCell.Blank : cell)];
            WriteRow(row, _style.CentredUnderHeader && header is not null);
        }

        WriteRule(_style.Bottom);
    }

    private static int Repeated(TextCell[] above, TextCell[] row, bool hasHeader) => row
        .SkipLast(hasHeader ? 1 : 0)
        .Zip(above)
        .TakeWhile(pair => pair.First.Joined is not ("" or "-") && pair.First.Joined == pair.Second.Joined)
        .Count();

    private void WriteRow(TextCell[] cells, bool centred)
    {
        var lines = Enumerable.Range(0, cells.Max(cell => cell.Lines.Length)).Where(i => cells.Any(cell => !cell.Line(i).IsBlank));
        foreach (var i in lines.DefaultIfEmpty(0))
        {
            _writer.Write(_style.Side);
            for (var column = 0; column < cells.Length; column++)
            {
                if (column > 0)
                    _writer.Write(_style.Between);
                WriteCell(cells[column].Line(i), _widths[column], centred);
            }

            _writer.Write(_style.Side);
            _writer.Write('\n');
        }
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
        for (var column = 0; column < _widths.Length; column++)
        {
            var width = _widths[column] + (2 * _style.Margin.Length);
            _writer.Write((column, column.CompareTo(blank)) switch
            {
                (_, < 0) => _style.Side,
                (0, _) or (_, 0) => rule.Left,
                _ => rule.Cross,
            });
            if (column < blank)
            {
                Repeat(' ', width);
                continue;
            }

            _writer.Write(rule.ColumnEnd);
            Repeat(rule.Line[0], width - 2);
            _writer.Write(rule.ColumnEnd);
        }

        _writer.Write(blank == _widths.Length ? _style.Side : rule.Right);
        _writer.Write('\n');
    }

    private void Repeat(char character, int count)
    {
        Span<char> piece = stackalloc char[64];
        piece.Fill(character);
        for (; count > 0; count -= piece.Length)
            _writer.Write(piece[..Math.Min(count, piece.Length)]);
    }
}
