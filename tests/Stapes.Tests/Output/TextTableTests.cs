using Stapes.Output;

namespace Stapes.Tests.Output;

// Captured from `incus alias list` 7.0.2, whose cells are free text.
public class TextTableTests
{
    private static readonly string[] Headers = ["ALIAS", "TARGET"];

    [Fact]
    public void Lines_of_a_cell_are_lines_of_the_row_and_those_with_nothing_in_them_are_dropped() =>
        Table(TableStyle.Boxed, Headers, ["  a\n  b\n\n c ", "x\ty"], ["q", " \n"], ["\n", "1\n2"]).ShouldBe(
            """
            ┌───────┬────────────┐
            │ ALIAS │   TARGET   │
            ├───────┼────────────┤
            │ a     │ x        y │
            │   b   │            │
            │  c    │            │
            ├───────┼────────────┤
            │ q     │            │
            ├───────┼────────────┤
            │       │ 1          │
            │       │ 2          │
            └───────┴────────────┘

            """);

    [Fact]
    public void Columns_are_measured_as_a_terminal_shows_them() =>
        Table(TableStyle.Compact, [], ["日本語", "."], ["e\u0301", "."], ["👍🏽", "."], ["한\u200b", "."]).ShouldBe(
            "日本語│.\ne\u0301     │.\n👍🏽  │.\n한\u200b    │.\n");

    [Fact]
    public void What_a_terminal_would_act_upon_is_spelled_out() =>
        Table(TableStyle.Compact, [], ["\e[31mred\r\a", "."], ["a\u009bb\u202ec", "."], ["two\nlines", "."]).ShouldBe(
            "\\u001b[31mred\\u000d\\u0007│.\na\\u009bb\\u202ec          │.\ntwo                      │.\nlines                    │ \n");

    [Fact]
    public void Leading_cells_that_repeat_those_above_are_blank() =>
        Table(TableStyle.Boxed, ["A", "B", "C"], ["f", "x", "1"], ["f", "x", "2"], ["f", "y", "2"], ["f", "y", "2"]).ShouldBe(
            """
            ┌───┬───┬───┐
            │ A │ B │ C │
            ├───┼───┼───┤
            │ f │ x │ 1 │
            │   │   ├───┤
            │   │   │ 2 │
            │   ├───┼───┤
            │   │ y │ 2 │
            │   │   ├───┤
            │   │   │ 2 │
            └───┴───┴───┘

            """);

    [Fact]
    public void An_empty_cell_or_a_dash_ends_the_repetition() =>
        Table(TableStyle.Boxed, ["A", "B", "C"], ["f", "", "x"], ["f", "", "x"], ["-", "y", "x"], ["-", "y", "x"]).ShouldBe(
            """
            ┌───┬───┬───┐
            │ A │ B │ C │
            ├───┼───┼───┤
            │ f │   │ x │
            │   ├───┼───┤
            │   │   │ x │
            ├───┼───┼───┤
            │ - │ y │ x │
            ├───┼───┼───┤
            │ - │ y │ x │
            └───┴───┴───┘

            """);

    [Fact]
    public void Without_headers_a_row_that_repeats_the_one_above_is_all_blank() =>
        Table(TableStyle.Boxed, [], ["f1", "os"], ["f1", "os"], ["f2", "os"]).ShouldBe(
            """
            ┌────┬────┐
            │ f1 │ os │
            │    │    │
            │    │    │
            ├────┼────┤
            │ f2 │ os │
            └────┴────┘

            """);

    [Fact]
    public void Compact_tables_repeat_what_repeats() =>
        Table(TableStyle.Compact, Headers, ["a", "1"], ["a", "2"]).ShouldBe("ALIAS│TARGET\na    │1     \na    │2     \n");

    [Fact]
    public void A_column_of_empty_cells_has_the_width_of_its_style()
    {
        Table(TableStyle.Boxed, [], ["a", "", "b"]).ShouldBe("┌───┬──┬───┐\n│ a │  │ b │\n└───┴──┴───┘\n");
        Table(TableStyle.Compact, [], ["a", "", "b"]).ShouldBe("a│ │b\n");
        Table(TableStyle.Markdown, [], ["a", "", "b"]).ShouldBe("| a |   | b |\n");
    }

    [Fact]
    public void Without_rows_only_the_headers_are_left()
    {
        Table(TableStyle.Boxed, Headers).ShouldBe("┌───────┬────────┐\n│ ALIAS │ TARGET │\n└───────┴────────┘\n");
        Table(TableStyle.Compact, Headers).ShouldBe("ALIAS│TARGET\n");
        Table(TableStyle.Markdown, Headers).ShouldBe("| ALIAS | TARGET |\n|:-----:|:------:|\n");
    }

    [Fact]
    public void Without_rows_and_headers_nothing_is_left() => Table(TableStyle.Boxed, []).ShouldBeEmpty();

    private static string Table(TableStyle style, string[] headers, params string[][] rows)
    {
        using var writer = new StringWriter();
        TextTable.Write(writer, style, headers, rows);
        return writer.ToString();
    }
}
