using Stapes.Output.Yaml;

namespace Stapes.Tests.Output.Yaml;

public class YamlKeyOrderTests
{
    [Theory]
    [InlineData("b9", "b10")]
    [InlineData("requirements.Z", "requirements.b")]
    [InlineData("a-b", "ab")]
    [InlineData("|pipe|", "a")]
    [InlineData("a1b", "a1-")]
    [InlineData("a9", "ab")]
    [InlineData("1", "01")]
    [InlineData("100", "102")]
    [InlineData("z", "Ω")]
    [InlineData("a", "aa")]
    [InlineData("", "0")]
    public void The_first_comes_before_the_second(string first, string second)
    {
        YamlKeyOrder.Instance.Compare(first, second).ShouldBeNegative();
        YamlKeyOrder.Instance.Compare(second, first).ShouldBePositive();
    }
}
