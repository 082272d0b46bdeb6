using Stapes.Output;

namespace Stapes.Tests.Output;

public class CsvWriterTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("inner space", "inner space")]
    [InlineData("trailing ", "trailing ")]
    [InlineData(" leading", "\" leading\"")]
    [InlineData("\u00a0leading", "\"\u00a0leading\"")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("q\"uote", "\"q\"\"uote\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("a\rb", "\"a\rb\"")]
    [InlineData(@"\.", @"""\.""")]
    public void A_field_is_quoted_only_where_it_must_be(string field, string written)
    {
        using var writer = new StringWriter();

        CsvWriter.Write(writer, [["x", field]]);

        writer.ToString().ShouldBe($"x,{written}\n");
    }
}
