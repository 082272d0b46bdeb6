using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stapes.Core.Library.Sqlite;

/// <summary>The columns that hold JSON: small, and never searched by SQL.</summary>
internal static class CatalogJson
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(IEnumerable<KeyValuePair<string, string>> properties) => Write(writer =>
    {
        writer.WriteStartObject();
        foreach (var (name, value) in properties)
            writer.WriteString(name, value);
        writer.WriteEndObject();
    });

    public static string Write(IEnumerable<string> names) => Write(writer =>
    {
        writer.WriteStartArray();
        foreach (var name in names)
            writer.WriteStringValue(name);
        writer.WriteEndArray();
    });

    public static string? Write(ImageUpdateSource? source) => source is null ? null : Write(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["alias"] = source.Alias,
        ["server"] = source.Server,
        ["protocol"] = source.Protocol,
        ["certificate"] = source.Certificate,
        ["image_type"] = source.ImageType,
        ["guarded"] = source.IsGuarded ? "true" : "",
    });

    /// <param name="json">UTF-8.</param>
    /// <param name="pool">Shares the strings.</param>
    public static PropertyDictionary ReadProperties(ReadOnlySpan<byte> json, StringPool pool)
    {
        var reader = new Utf8JsonReader(json);
        var names = new List<string>();
        var values = new List<string>();
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            names.Add(pool.Share(in reader));
            reader.Read();
            values.Add(pool.Share(in reader));
        }

        return PropertyDictionary.From(names, values);
    }

    public static IReadOnlyList<string> ReadNames(string json, StringPool pool)
    {
        if (json == "[]")
            return [];
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        var names = new List<string>();
        reader.Read();
        while (reader.Read() && reader.TokenType is JsonTokenType.String)
            names.Add(pool.Share(reader.GetString()!));
        return names.ToArray();
    }

    public static ImageUpdateSource ReadSource(ReadOnlySpan<byte> json, StringPool pool)
    {
        var values = ReadProperties(json, pool);
        return new(Value("alias"), Value("server"), Value("protocol"), Value("certificate"), Value("image_type"), Value("guarded") == "true");

        string Value(string name) => values.GetValueOrDefault(name, "");
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Plain))
            write(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
