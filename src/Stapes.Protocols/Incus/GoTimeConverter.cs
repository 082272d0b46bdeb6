using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stapes.Protocols.Incus;

/// <summary>
/// Points in time as Go writes them (RFC 3339): a fraction only where there is one, without trailing zeros, and <c>Z</c> for UTC.
/// Never is the zero time, <c>0001-01-01T00:00:00Z</c>, which is the default of <see cref="DateTimeOffset"/>.
/// Go's nanoseconds are cut to units of 100 ns.
/// </summary>
public sealed class GoTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(Format(value));
    }

    public static string Format(DateTimeOffset time) => time.ToString(
        time.Offset == TimeSpan.Zero ? @"yyyy-MM-dd\THH:mm:ss.FFFFFFF\Z" : @"yyyy-MM-dd\THH:mm:ss.FFFFFFFzzz",
        CultureInfo.InvariantCulture);
}
