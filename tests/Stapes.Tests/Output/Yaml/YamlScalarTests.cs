using CsCheck;
using Stapes.Output.Yaml;
using YamlDotNet.RepresentationModel;

namespace Stapes.Tests.Output.Yaml;

// What is expected was written by Go's emitter, through `incus alias list --format yaml` 7.0.2.
public class YamlScalarTests
{
    [Theory]
    [InlineData("plain", "edge", "a b", "a:b", "a#b", "a,b", "a'b", "a\"b", "-a", "?a", ":a", "--", "=", "a]", @"c:\x", "日本", "\u00a0")]
    [InlineData("yEs", "tRue", "nULL", "inf", "nan", "+", "-.", ".", "0x", "0b2", "0o8", "0x1g", "1e", "e3", "_1", "1.2.3", "1,000", "1e400")]
    [InlineData("1:60", "2023-13-01", "2023-02-30", "10000-01-01", "2023-01-01t00:00:00", "2023-01-01 00:00:00 +0100", "._1", ".7_")]
    public void Plain_text_needs_no_quotes(params string[] texts)
    {
        foreach (var text in texts)
            Written(text).ShouldBe(text);
    }

    [Theory]
    [InlineData("", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", ".inf", "-.INF", "+.Inf", ".nan", ".NaN")]
    [InlineData("0", "-0", "1", "+1", "007", "089", "1.", "1.5", ".5", "-.5", "1e3", "1E+3", "1_000", "1_", ".1_0", "12345678901234567890")]
    [InlineData("0x1f", "0X1F", "-0x1f", "0x_1f", "0b11", "0o17", "0o7_7", "99999999999999999999999")]
    [InlineData("2023-01-01", "2023-1-1", "2023-01-01T00:00:00Z", "2023-01-01 00:00:00", "2001-12-14t21:59:43.10-05:00", "0000-02-29")]
    public void Text_that_reads_as_something_else_is_in_double_quotes(params string[] texts)
    {
        foreach (var text in texts)
            Written(text).ShouldBe($"\"{text}\"");
    }

    [Theory]
    [InlineData("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF", "<<")]
    [InlineData("1:20", "190:20:30", "-1:20", "1:20.5")]
    [InlineData(" lead", "trail ", " ", "a: b", "a:", ":", "a #b", "#a", "- a", "-", "?", "? a", "---", "--- a", "...a", "[a]", "{", "]", ",")]
    [InlineData("&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "\"a\"")]
    public void Text_that_older_readers_or_the_syntax_would_misread_is_in_single_quotes(params string[] texts)
    {
        foreach (var text in texts)
            Written(text).ShouldBe($"'{text}'");
    }

    [Theory]
    [InlineData("'a'", "'''a'''")]
    [InlineData("a\tb", @"""a\tb""")]
    [InlineData("\0\a\b\v\f\r\e\u007f\u0080\u0085\ufeff\U0001f44d\"\\", "\"\\0\\a\\b\\v\\f\\r\\e\\x7F\\x80\\N\\uFEFF\\U0001F44D\\\"\\\\\"")]
    [InlineData("\n", @"""\n""")]
    [InlineData("\n\t", @"""\n\t""")]
    [InlineData("a \nb", @"""a \nb""")]
    [InlineData("a\n  ", @"""a\n  """)]
    [InlineData("a\r\nb", @"""a\r\nb""")]
    public void What_is_no_text_for_a_line_is_escaped(string text, string written) => Written(text).ShouldBe(written);

    [Theory]
    [InlineData("a\nb", "|-\n  a\n  b")]
    [InlineData("a\nb\n", "|\n  a\n  b")]
    [InlineData("a\nb\n\n", "|+\n  a\n  b\n")]
    [InlineData("a\n\nb", "|-\n  a\n\n  b")]
    [InlineData("\na", "|-\n\n  a")]
    [InlineData("  a\n b", "|2-\n    a\n   b")]
    [InlineData("a\n\tb", "|-\n  a\n  \tb")]
    [InlineData("- a\n#b: c", "|-\n  - a\n  #b: c")]
    public void Several_lines_are_a_literal_block(string text, string written) => Written(text).ShouldBe(written);

    [Fact]
    public void Long_text_is_folded_at_the_first_space_past_column_80()
    {
        var (word, pair) = (new string('x', 79), new string('y', 79));

        Written($"{word} a b {pair} c").ShouldBe($"{word} a\n  b {pair}\n  c");
        Written($"'{pair} {pair} ").ShouldBe($"'''{pair}\n  {pair} '");
        Written($"\t{pair}  {pair} z").ShouldBe($"\"\\t{pair}\n  \\ {pair}\n  z\"");
    }

    [Fact]
    public void Line_feeds_before_an_indented_line_keep_its_indentation() => Written("\n a").ShouldBe("|2-\n\n   a");

    [Fact]
    public void What_is_written_reads_back_as_the_same_text() =>
        Gen.String[Gen.Char["aé日 \n\t:#-?'\",[]{}&*!|>%@`~=\\.01_exTZ\r\a\u0085\u00a0\u2028\u2029\ufeff"], 0, 12]
            .Sample(text => ReadBack(text) == text);

    [Fact]
    public void Folded_text_reads_back_as_the_same_text() =>
        Gen.String[Gen.Char["aaaa    :#'\"\té"], 60, 250].Sample(text => ReadBack(text) == text);

    private static string Written(string text)
    {
        using var writer = new StringWriter();
        YamlScalar.Write(new YamlOutput(writer), text, indent: 2, mayFold: true);
        return writer.ToString();
    }

    private static string? ReadBack(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader($"k: {Written(text)}\n"));
        return ((YamlScalarNode)stream.Documents[0].RootNode["k"]).Value;
    }
}
