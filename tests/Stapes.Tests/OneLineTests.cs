using Stapes.Core;

namespace Stapes.Tests;

/// <summary>Messages quote what servers, files and images say, which may be anything.</summary>
public sealed class OneLineTests
{
    [Theory]
    [InlineData("plain: ä, 漢, 😀", "plain: ä, 漢, 😀")]
    [InlineData("two\r\nlines\tand\u2028more\u0085", "two lines and more")]
    [InlineData("\u001b[31mred\u001b[0m\u0007", "[31mred [0m")]
    [InlineData("left \u202eright\u202c to \u2066left\u2069", "left right  to left")]
    public void A_message_is_one_line_that_steers_no_terminal(string text, string expected) =>
        new StapesException(ErrorKind.Invalid, text).Message.ShouldBe(expected);

    [Fact]
    public void A_long_message_keeps_what_failed_and_what_to_do()
    {
        var message = new StapesException(ErrorKind.Invalid, $"The image is \"{new string('x', 4 << 20)}\"; push it again").Message;

        message.Length.ShouldBeLessThanOrEqualTo(OneLine.LongestMessage);
        (message.StartsWith("The image is \"xxx", StringComparison.Ordinal), message.EndsWith("xxx\"; push it again", StringComparison.Ordinal)).ShouldBe((true, true));
        message.ShouldContain(" … ");
    }

    [Fact]
    public void A_cut_leaves_characters_whole()
    {
        for (var length = 10; length < 30; length++)
            OneLine.Of(string.Concat(Enumerable.Repeat("😀", 40)), length).EnumerateRunes().ShouldAllBe(static r => r.Value == 0x1F600 || r.Value == ' ' || r.Value == '…');
    }
}
