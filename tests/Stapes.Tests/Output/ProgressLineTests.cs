using Stapes.Output;

namespace Stapes.Tests.Output;

public sealed class ProgressLineTests
{
    private const long Size = 456_780_000;

    private readonly ProgressLine line = new("Fetching", "debian/12/cloud", "rootfs", Size);

    [Theory]
    [InlineData(120)]
    [InlineData(79)]
    [InlineData(60)]
    [InlineData(39)]
    [InlineData(24)]
    [InlineData(10)]
    public void A_narrow_terminal_gets_what_is_wanted_most(int width)
    {
        var text = Format(line, width);

        DisplayWidth.Of(text).ShouldBeLessThanOrEqualTo(width, text);
        text.ShouldContain("rootfs");
        if (width >= 20)
            text.ShouldContain(" 50%");
        if (width >= 39)
            text.ShouldContain("12.50MB/s   00:18");
        if (width >= 79)
            text.ShouldContain("228.39MB/456.78MB");
        if (width >= 100)
            text.ShouldMatch("^Fetching debian/12/cloud rootfs +=+ ");
    }

    [Fact]
    public void No_width_is_exceeded_whatever_the_names_are()
    {
        string[] names = ["", "a", "日本語の画像/十二", new('x', 300), "two\r\n\e[31mlines\a"];
        foreach (var name in names)
        {
            foreach (var tested in new ProgressLine[] { new("Fetching", name, "layer 0123456789ab", Size), new("Sending", name, "", null), new("Copying", name, "", null) { Said = $"rootfs: 45% (12.34MB/s) {name}" } })
            {
                for (var width = 1; width < 130; width++)
                {
                    var text = Format(tested, width);
                    DisplayWidth.Of(text).ShouldBeLessThanOrEqualTo(width, text);
                    text.ShouldAllBe(static c => !char.IsControl(c));
                }
            }
        }
    }

    [Fact]
    public void Without_a_size_there_is_no_share_of_it()
    {
        var text = (line with { Size = null }).Format(79, 1_234_000, 1_000_000, left: null, '=');

        text.ShouldEndWith("1.23MB   1.00MB/s");
        text.ShouldNotContain('%');
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-5, 0)]
    [InlineData(Size + 5, 100)]
    public void Odd_counts_stay_within_the_line(long done, int percent) =>
        line.Format(100, done, speed: null, left: null, '=').ShouldContain($" {percent}% ");

    [Fact]
    public void What_a_server_says_stands_in_place_of_bytes() =>
        new ProgressLine("Copying", "debian/12", "", null) { Said = "rootfs: 45% (12.34MB/s)" }.Format(79, 0, null, null, '=')
            .ShouldBe("Copying debian/12: rootfs: 45% (12.34MB/s)");

    private static string Format(ProgressLine line, int width) => line.Format(width, Size / 2, 12_500_000, TimeSpan.FromSeconds(18), '=');
}
