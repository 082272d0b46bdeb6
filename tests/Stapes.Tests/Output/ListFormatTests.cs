using Stapes.Core;
using Stapes.Output;

namespace Stapes.Tests.Output;

public class ListFormatTests
{
    [Fact]
    public void A_kind_alone_has_no_modifiers() => ListFormat.Parse("table").ShouldBe(ListFormat.Table);

    [Fact]
    public void Modifiers_follow_the_kind_in_any_order() =>
        ListFormat.Parse("csv,raw,,header,noheader").ShouldBe(new ListFormat(ListKind.Csv) { Header = true, NoHeader = true, Raw = true });

    [Theory]
    [InlineData("bogus", "Invalid value \"bogus\" for flag \"--format\"")]
    [InlineData("", "Invalid value \"\" for flag \"--format\"")]
    [InlineData("Table", "Invalid value \"Table\" for flag \"--format\"")]
    [InlineData("csv,bogus", "Invalid modifier \"bogus\" on flag \"--format\" (\"csv,bogus\")")]
    [InlineData("bogus,worse", "Invalid modifier \"worse\" on flag \"--format\" (\"bogus,worse\")")]
    [InlineData("a\"\\\n\u00a0\u0001é", @"Invalid value ""a\""\\\n\u00a0\x01é"" for flag ""--format""")]
    public void Other_values_are_refused_in_the_words_of_the_Incus_tools(string value, string message)
    {
        var error = Should.Throw<StapesException>(() => ListFormat.Parse(value));

        error.Kind.ShouldBe(ErrorKind.Invalid);
        error.Message.ShouldBe(message);
    }
}
