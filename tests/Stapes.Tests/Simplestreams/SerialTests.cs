using Stapes.Protocols.Simplestreams;

namespace Stapes.Tests.Simplestreams;

public sealed class SerialTests
{
    [Fact]
    public void A_serial_is_the_time_in_UTC_wherever_the_image_was_made() =>
        Serial.FromTime(new(2024, 1, 1, 0, 30, 59, TimeSpan.FromHours(2))).ShouldBe("202312312230");

    [Theory]
    [InlineData("20240607", true)]
    [InlineData("202406070742", true)]
    [InlineData("20240607_07:42", true)]
    [InlineData("2024060", false)]
    [InlineData("20241301", false)]
    [InlineData("daily-20240607", false)]
    [InlineData("2024-06-07", false)]
    public void Clients_list_what_starts_with_a_date(string serial, bool expected)
    {
        Serial.TryReadDate(serial, out var date).ShouldBe(expected);
        Serial.IsValid(serial).ShouldBe(expected);
        if (expected)
            date.ShouldBe(new(2024, 6, 7, 0, 0, 0, TimeSpan.Zero));
    }

    [Theory]
    [InlineData("20240607/x")]
    [InlineData("20240607 x")]
    [InlineData("20240607\n")]
    [InlineData("20240607,")]
    public void A_serial_that_cannot_be_part_of_a_path_is_no_good_one(string serial) => Serial.IsValid(serial).ShouldBeFalse();

    [Fact]
    public void More_images_of_one_minute_sort_after_it_and_before_the_next()
    {
        string[] serials = [.. Serial.Candidates("202406070742"), "202406070743"];
        serials.Length.ShouldBe(1001);
        serials.ShouldBe(serials.Order(StringComparer.Ordinal));
        serials[..^1].ShouldAllBe(static s => Serial.IsValid(s));
    }

    [Theory]
    [InlineData("202406070742", "2024-06-07T07:42Z")]
    [InlineData("202406070742.001", "2024-06-07T07:42Z")]
    [InlineData("20240607_07:42", "2024-06-07T07:42Z")]
    [InlineData("20240607_0742", "2024-06-07T07:42Z")]
    [InlineData("20240607", "2024-06-08T00:00Z")]
    [InlineData("20240607.1", "2024-06-08T00:00Z")]
    [InlineData("202406079999", "2024-06-08T00:00Z")]
    [InlineData("daily", null)]
    public void The_latest_time_of_a_serial_is_its_minute_or_the_end_of_its_day(string serial, string? expected) =>
        Serial.LatestTime(serial).ShouldBe(expected is null ? null : DateTimeOffset.Parse(expected));
}
