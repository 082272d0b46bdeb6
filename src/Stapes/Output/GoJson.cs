using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stapes.Output;

/// <summary>Compact JSON in which exactly those characters are escaped that Go's encoding/json escapes, in the same way.</summary>
internal static class GoJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = new Escapes(), SkipValidation = true };

    public static string Serialize(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
            value.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private sealed class Escapes : JavaScriptEncoder
    {
        // \u and four digits.
        public override int MaxOutputCharactersPerInputCharacter => 6;

        // Besides what JSON demands, what HTML and JavaScript would misread.
        public override bool WillEncode(int unicodeScalar) =>
            unicodeScalar is < ' ' or '"' or '\\' or '<' or '>' or '&' or '\u2028' or '\u2029';

        public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
        {
            for (var i = 0; i < textLength; i++)
            {
                if (WillEncode(text[i]) || char.IsSurrogate(text[i]))
                    return i;
            }

            return -1;
        }

        public override unsafe bool TryEncodeUnicodeScalar(
            int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
        {
            var encoded = unicodeScalar switch
            {
                '"' => "\\\"",
                '\\' => @"\\",
                '\b' => @"\b",
                '\f' => @"\f",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                _ when WillEncode(unicodeScalar) => $@"\u{unicodeScalar:x4}",
                _ => new Rune(unicodeScalar).ToString(),
            };
            var fits = encoded.TryCopyTo(new Span<char>(buffer, bufferLength));
            numberOfCharactersWritten = fits ? encoded.Length : 0;
            return fits;
        }
    }
}
