using System.Text;
using System.Text.Json;

namespace Stapes.Protocols.Simplestreams;

/// <summary>One pass over the bytes of a products file: checks that they are JSON, and finds where each product lies.</summary>
internal sealed class ProductsScan(ReadOnlyMemory<byte> json)
{
    private const int MaxDepth = 64;

    /// <summary>Where the last key of each level lies.</summary>
    private readonly Range[] previous = new Range[MaxDepth + 1];

    /// <summary>A product's bytes.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Json">Its value.</param>
    /// <param name="IsObject">Whether the value is an object.</param>
    /// <param name="IsOrdered">Whether the bytes are as Stapes would write them: every key after the one before, no blanks, no escapes.</param>
    /// <param name="Member">Where name and value lie in the file; null when Stapes would write the name in other bytes.</param>
    public readonly record struct Found(string Name, ReadOnlyMemory<byte> Json, bool IsObject, bool IsOrdered, Range? Member);

    public List<Found> Products { get; } = [];

    /// <summary>The other members of the file.</summary>
    public List<(string Key, ReadOnlyMemory<byte> Value)> Others { get; } = [];

    public bool ProductsAreSomethingElse { get; private set; }

    /// <summary>Whether a path holds "..", or cannot be judged without decoding it.</summary>
    public bool HasSuspiciousPath { get; private set; }

    /// <exception cref="JsonException">The bytes are no JSON, or no object.</exception>
    public void Run()
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartObject)
            throw new JsonException("It is no object");
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (key == "products" && reader.TokenType is JsonTokenType.StartObject)
                ReadProducts(ref reader);
            else if (key == "products" && reader.TokenType is not JsonTokenType.Null)
                ProductsAreSomethingElse = true;
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (key != "products")
                Others.Add((key, json[start..(int)reader.BytesConsumed]));
        }

        // Anything after the object is an error that only the next read tells.
        reader.Read();
    }

    private void ReadProducts(ref Utf8JsonReader reader)
    {
        if (Products.Count > 0)
            throw new JsonException("There are two lists of products");
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var member = (int)reader.TokenStartIndex;
            var isPlain = !reader.ValueIsEscaped && Ascii.IsValid(reader.ValueSpan);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            // Two quotes and a colon are all that stands beside the name.
            isPlain &= start - member == name.Length + 3;
            var isObject = reader.TokenType is JsonTokenType.StartObject;
            var ordered = ReadValue(ref reader);
            var value = json[start..(int)reader.BytesConsumed];
            Products.Add(new(name, value, isObject, ordered && IsCompact(value.Span), isPlain ? member..(int)reader.BytesConsumed : null));
        }
    }

    /// <summary>Passes a value; true when the keys of every object in it come in ordinal order, none twice.</summary>
    private bool ReadValue(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return true;
        var ordered = true;
        var end = reader.CurrentDepth;
        previous[end] = default;
        while (reader.Read() && !(reader.CurrentDepth == end && reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray))
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    previous[reader.CurrentDepth] = default;
                    break;
                case JsonTokenType.PropertyName:
                    var depth = reader.CurrentDepth - 1;
                    var key = reader.ValueSpan;
                    // The order of bytes is that of characters for ASCII alone.
                    ordered &= (previous[depth].Equals(default) || json.Span[previous[depth]].SequenceCompareTo(key) < 0) && !key.ContainsAnyInRange((byte)0x80, (byte)0xff);
                    var start = (int)reader.TokenStartIndex + 1;
                    previous[depth] = start..(start + key.Length);
                    if (key.SequenceEqual("path"u8))
                        CheckPath(ref reader);
                    break;
                default:
                    break;
            }
        }

        return ordered;
    }

    private void CheckPath(ref Utf8JsonReader reader)
    {
        var ahead = reader;
        if (ahead.Read() && ahead.TokenType is JsonTokenType.String)
            HasSuspiciousPath |= ahead.ValueIsEscaped || ahead.ValueSpan.IsEmpty || ahead.ValueSpan.IndexOf(".."u8) >= 0;
    }

    /// <summary>No escape, no line break, and no blank beside a structural character; doubtful cases count as not compact.</summary>
    private static bool IsCompact(ReadOnlySpan<byte> value)
    {
        if (value.ContainsAny("\\\n\r\t"u8))
            return false;
        for (var i = value.IndexOf((byte)' '); i >= 0;)
        {
            if ("{}[]:,\""u8.Contains(value[i - 1]) || (i + 1 < value.Length && "{}[]:,\""u8.Contains(value[i + 1])))
                return false;
            var next = value[(i + 1)..].IndexOf((byte)' ');
            i = next < 0 ? -1 : i + 1 + next;
        }

        return true;
    }
}
