using Stapes.Output;

namespace Stapes.Tests.Output;

public sealed class LocalTimeTests
{
    [Theory]
    [InlineData("Europe/Berlin", 1, "2026/01/02 04:04 CET")]
    [InlineData("Europe/Berlin", 7, "2026/07/02 05:04 CEST")]
    [InlineData("America/Sao_Paulo", 1, "2026/01/02 00:04 -03")]
    [InlineData("UTC", 1, "2026/01/02 03:04 UTC")]
    public void A_time_is_that_of_the_zone_with_the_zone_s_short_name(string zone, int month, string expected) =>
        LocalTime.Format(new(2026, month, 2, 3, 4, 59, TimeSpan.Zero), TimeZoneInfo.FindSystemTimeZoneById(zone)).ShouldBe(expected);
}
