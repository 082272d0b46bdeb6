using CsCheck;
using Stapes.Output;

namespace Stapes.Tests.Output;

public class NaturalOrderTests
{
    private static readonly Gen<string> Names = Gen.String[Gen.Char["0019ab-é日\ud83d\udc4d"], 0, 6];

    [Theory]
    [InlineData("c2", "c10")]
    [InlineData("2", "02")]
    [InlineData("a2z", "a02b")]
    [InlineData("a1", "a-")]
    [InlineData("a", "a0")]
    [InlineData("", "a")]
    [InlineData("B", "a")]
    [InlineData("z", "é")]
    [InlineData("\uffff", "\ud83d\udc4d")]
    [InlineData("99999999999999999999", "100000000000000000000")]
    public void The_first_comes_before_the_second(string first, string second)
    {
        NaturalOrder.Instance.Compare(first, second).ShouldBeNegative();
        NaturalOrder.Instance.Compare(second, first).ShouldBePositive();
    }

    [Fact]
    public void Only_identical_names_are_equal() =>
        Gen.Select(Names, Names).Sample((x, y) => NaturalOrder.Instance.Compare(x, y) == 0 == (x == y));

    [Fact]
    public void The_order_of_two_names_does_not_depend_on_who_is_asked() =>
        Gen.Select(Names, Names).Sample((x, y) =>
            Math.Sign(NaturalOrder.Instance.Compare(x, y)) == -Math.Sign(NaturalOrder.Instance.Compare(y, x)));

    [Fact]
    public void The_order_is_transitive() =>
        Gen.Select(Names, Names, Names).Sample((x, y, z) =>
            NaturalOrder.Instance.Compare(x, y) > 0 || NaturalOrder.Instance.Compare(y, z) > 0 || NaturalOrder.Instance.Compare(x, z) <= 0);

    [Fact]
    public void Rows_go_by_the_first_column_that_differs_and_empty_cells_go_last()
    {
        string[][] rows = [["", "a"], ["b", ""], ["b", "10"], ["b", "9"], ["a", "z"]];

        Array.Sort(rows, NaturalRowOrder.Instance);

        rows.Select(row => string.Join('|', row)).ShouldBe(["a|z", "b|9", "b|10", "b|", "|a"]);
    }
}
