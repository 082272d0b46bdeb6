using Stapes.Protocols.Incus;

namespace Stapes.Tests.Protocols.Incus;

public class GoTimeConverterTests
{
    private static readonly DateTimeOffset Noon = new(2023, 11, 14, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_default_is_Go_s_zero_time() => GoTimeConverter.Format(default).ShouldBe("0001-01-01T00:00:00Z");

    [Fact]
    public void A_fraction_has_no_trailing_zeros()
    {
        GoTimeConverter.Format(Noon).ShouldBe("2023-11-14T12:00:00Z");
        GoTimeConverter.Format(Noon.AddMilliseconds(250)).ShouldBe("2023-11-14T12:00:00.25Z");
        GoTimeConverter.Format(Noon.AddTicks(1)).ShouldBe("2023-11-14T12:00:00.0000001Z");
    }

    [Fact]
    public void A_zone_other_than_UTC_is_an_offset() =>
        GoTimeConverter.Format(Noon.ToOffset(TimeSpan.FromHours(-4))).ShouldBe("2023-11-14T08:00:00-04:00");
}
