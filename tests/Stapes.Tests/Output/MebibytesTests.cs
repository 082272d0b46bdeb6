using Stapes.Output;

namespace Stapes.Tests.Output;

public sealed class MebibytesTests
{
    [Theory]
    [InlineData(0, "0.00MiB")]
    [InlineData(131072, "0.12MiB")]
    [InlineData(393216, "0.38MiB")]
    [InlineData(1_610_612_736, "1536.00MiB")]
    [InlineData(long.MaxValue, "8796093022208.00MiB")]
    public void Halves_are_rounded_to_the_even_digit(long bytes, string expected) => Mebibytes.Of(bytes).ShouldBe(expected);
}
