using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Stapes.Output.Yaml;

/// <summary>
/// Writes a record as a YAML document, as the Incus tools write theirs: the fields that its JSON has, by the same names, in block style
/// with an indentation of two, lists indented below their key, text folded at 80 columns.
/// <para>
/// The type of the record says what its JSON does not: a list that is null is <c>[]</c> and a map that is null is <c>{}</c>, the keys
/// of a map (not the fields of a record) are sorted in <see cref="YamlKeyOrder"/>, and a point in time is a YAML timestamp, not text.
/// </para>
/// What is written always reads back as what it was. This is where it differs from Go's emitter, which loses characters when text has
/// U+2028 or U+2029 in it, or starts with line feeds that a space follows.
/// </summary>
internal static class YamlWriter
{
    public static void Write<T>(TextWriter writer, T value, JsonTypeInfo<T> type) => Write(writer, JsonSerializer.SerializeToElement(value, type), type);

    /// <summary>The same for a record that is JSON already.</summary>
    public static void Write(TextWriter writer, JsonElement root, JsonTypeInfo type)
    {
        var output = new YamlOutput(writer);
        if (IsBlock(root))
            WriteBlock(output, root, type, indent: 0);
        else
            WriteInline(output, root, type, indent: 0);
        output.Write("\n");
    }

    // Starts where the output stands, which is at the indentation.
    private static void WriteBlock(YamlOutput output, JsonElement value, JsonTypeInfo? type, int indent)
    {
        if (value.ValueKind == JsonValueKind.Array)
            WriteSequence(output, value, Element(type), indent);
        else
            WriteMapping(output, value, type, indent);
    }

    private static void WriteSequence(YamlOutput output, JsonElement list, JsonTypeInfo? itemType, int indent)
    {
        var first = true;
        foreach (var item in list.EnumerateArray())
        {
            if (!first)
                output.NewLine(indent);
            first = false;
            output.Write("- ");
            if (IsBlock(item))
                WriteBlock(output, item, itemType, indent + 2);
            else
                WriteInline(output, item, itemType, indent);
        }
    }

    private static void WriteMapping(YamlOutput output, JsonElement mapping, JsonTypeInfo? type, int indent)
    {
        IEnumerable<JsonProperty> entries = mapping.EnumerateObject();
        if (type is { Kind: JsonTypeInfoKind.Dictionary })
            entries = entries.OrderBy(entry => entry.Name, YamlKeyOrder.Instance);

        var first = true;
        foreach (var entry in entries)
        {
            if (!first)
                output.NewLine(indent);
            first = false;
            WriteKey(output, entry.Name, indent);
            var valueType = Field(type, entry.Name);
            if (!IsBlock(entry.Value))
            {
                output.Write(" ");
                WriteInline(output, entry.Value, valueType, indent);
                continue;
            }

            output.NewLine(indent + 2);
            WriteBlock(output, entry.Value, valueType, indent + 2);
        }
    }

    // A key that is long or has several lines must say that it is one (YAML 1.1, section 9.2: a simple key is one line).
    private static void WriteKey(YamlOutput output, string key, int indent)
    {
        var isSimple = YamlScalar.FitsSimpleKey(key);
        if (!isSimple)
            output.Write("? ");
        YamlScalar.Write(output, key, indent + 2, mayFold: !isSimple);
        if (!isSimple)
            output.NewLine(indent);
        output.Write(":");
    }

    private static void WriteInline(YamlOutput output, JsonElement value, JsonTypeInfo? type, int indent)
    {
        if (value.ValueKind == JsonValueKind.String && !IsTime(type))
            YamlScalar.Write(output, value.GetString()!, indent + 2, mayFold: true);
        else
            output.Write(Plain(value, type));
    }

    private static string Plain(JsonElement value, JsonTypeInfo? type) => (value.ValueKind, type?.Kind) switch
    {
        (JsonValueKind.Array, _) or (JsonValueKind.Null, JsonTypeInfoKind.Enumerable) => "[]",
        (JsonValueKind.Object, _) or (JsonValueKind.Null, JsonTypeInfoKind.Dictionary) => "{}",
        (JsonValueKind.String, _) => value.GetString()!,
        _ => value.GetRawText(),
    };

    private static bool IsBlock(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() > 0,
        JsonValueKind.Object => value.EnumerateObject().Any(),
        _ => false,
    };

    private static bool IsTime(JsonTypeInfo? type) => type is not null
        && (Nullable.GetUnderlyingType(type.Type) ?? type.Type) is var clr
        && (clr == typeof(DateTimeOffset) || clr == typeof(DateTime));

    private static JsonTypeInfo? Element(JsonTypeInfo? type) => Of(type, type?.ElementType);

    private static JsonTypeInfo? Field(JsonTypeInfo? type, string name) => type?.Kind switch
    {
        JsonTypeInfoKind.Dictionary => Element(type),
        JsonTypeInfoKind.Object => Of(type, type.Properties.FirstOrDefault(property => property.Name == name)?.PropertyType),
        _ => null,
    };

    private static JsonTypeInfo? Of(JsonTypeInfo? owner, Type? type) => type is null ? null : owner!.Options.GetTypeInfo(type);
}
