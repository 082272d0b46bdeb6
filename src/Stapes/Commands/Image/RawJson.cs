using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stapes.Commands.Image;

internal static class RawJson
{
    /// <summary>A list of what a server wrote, unchanged.</summary>
    public static JsonElement List(IEnumerable<JsonElement> elements) => JsonSerializer.SerializeToElement([.. elements], RawJsonContext.Default.ListJsonElement);
}

[JsonSerializable(typeof(List<JsonElement>))]
internal sealed partial class RawJsonContext : JsonSerializerContext;
