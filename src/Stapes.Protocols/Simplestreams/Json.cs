using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Stapes.Core;

namespace Stapes.Protocols.Simplestreams;

/// <summary>
/// Reading and writing of index files as JSON trees, not as records: what Stapes does not know must survive every rewrite, whatever
/// its type.
/// </summary>
internal static class Json
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="json">UTF-8.</param>
    /// <param name="file">Where it came from, for messages.</param>
    /// <exception cref="StapesException">It is empty, no JSON, or no object.</exception>
    public static JsonObject ParseObject(ReadOnlyMemory<byte> json, string file) => Guard(json.Span, file, () => ParseStrictly(json.Span)) as JsonObject
        ?? throw new StapesException(ErrorKind.Invalid, $"{file} is not a JSON object; restore it from a copy");

    /// <summary>A value that is only read.</summary>
    /// <param name="json">UTF-8; kept.</param>
    /// <param name="file">Where it came from, for messages.</param>
    /// <exception cref="StapesException">It is empty or no JSON.</exception>
    public static JsonElement ParseElement(ReadOnlyMemory<byte> json, string file) => Guard(json.Span, file, () => JsonDocument.Parse(json, Strict).RootElement);

    /// <summary>One value; duplicate keys are an error.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static JsonNode? ParseStrictly(ReadOnlySpan<byte> json) => JsonNode.Parse(json, documentOptions: Strict);

    /// <summary>Parses, and turns what is wrong with the JSON into a message that names the file.</summary>
    /// <exception cref="StapesException">It is empty or no JSON.</exception>
    public static T Guard<T>(ReadOnlySpan<byte> json, string file, Func<T> parse)
    {
        try
        {
            RequireText(json);
            return parse();
        }
        catch (JsonException e)
        {
            throw new StapesException(ErrorKind.Invalid,
                $"{file} is not valid JSON, line {e.LineNumber + 1}: {(json.IsEmpty ? "it is empty" : FirstSentence(e.Message))}; restore it from a copy", e);
        }
    }

    /// <summary>Compact UTF-8 with every object's keys in ordinal order: equal trees give equal bytes.</summary>
    public static byte[] ToSortedBytes(JsonObject root) => Write(writer => WriteSorted(writer, root)).ToArray();

    /// <summary>What is written, as compact UTF-8.</summary>
    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Compact))
            write(writer);
        return buffer.WrittenMemory;
    }

    /// <summary>The string under a key; null when there is none or it is something else.</summary>
    public static string? Text(this JsonObject node, string key) =>
        node[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    /// <summary>The whole number under a key; null when there is none or it is something else.</summary>
    public static long? Number(this JsonObject node, string key) =>
        node[key] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    /// <summary>The members of the object under a key that are objects themselves, in ordinal order of their names.</summary>
    public static IEnumerable<(string Name, JsonObject Node)> Objects(this JsonObject node, string key)
    {
        if (node[key] is not JsonObject children)
            yield break;
        foreach (var (name, child) in Sorted(children))
        {
            if (child is JsonObject found)
                yield return (name, found);
        }
    }

    public static bool TryGetObject(this JsonObject node, string key, [NotNullWhen(true)] out JsonObject? child) =>
        (child = node[key] as JsonObject) is not null;

    /// <summary>The object under a key, made when there is none.</summary>
    public static JsonObject GetOrAddObject(this JsonObject node, string key)
    {
        if (!node.TryGetObject(key, out var child))
            node[key] = child = [];
        return child;
    }

    /// <summary>The members in ordinal order of their names. A copy, so that the object may change meanwhile; what we wrote is sorted already.</summary>
    private static KeyValuePair<string, JsonNode?>[] Sorted(JsonObject node)
    {
        var members = node.ToArray();
        for (var i = 1; i < members.Length; i++)
        {
            if (string.CompareOrdinal(members[i - 1].Key, members[i].Key) > 0)
            {
                Array.Sort(members, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
                break;
            }
        }

        return members;
    }

    /// <summary>JSON allows escapes of half characters, and the parser passes broken UTF-8: either would fail later, wherever it is read.</summary>
    private static void RequireText(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            throw new JsonException("it is not UTF-8", path: null, lineNumber: 0, bytePositionInLine: 0);
        if (json.IndexOf("\\u"u8) < 0)
            return;
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (!reader.ValueIsEscaped)
                continue;
            try
            {
                _ = reader.GetString();
            }
            catch (InvalidOperationException e)
            {
                throw new JsonException("half a character is escaped", path: null, lineNumber: json[..(int)reader.TokenStartIndex].Count((byte)'\n'), bytePositionInLine: 0, e);
            }
        }
    }

    private static string FirstSentence(string message) => message.Split(". ")[0].ReplaceLineEndings(" ");

    public static void WriteSorted(Utf8JsonWriter writer, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject children:
                writer.WriteStartObject();
                foreach (var (key, child) in Sorted(children))
                {
                    writer.WritePropertyName(key);
                    WriteSorted(writer, child);
                }

                writer.WriteEndObject();
                break;
            case JsonArray items:
                writer.WriteStartArray();
                foreach (var item in items)
                    WriteSorted(writer, item);
                writer.WriteEndArray();
                break;
            case null:
                writer.WriteNullValue();
                break;
            default:
                node.WriteTo(writer);
                break;
        }
    }
}
