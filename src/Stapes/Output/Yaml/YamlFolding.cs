using System.Text;

namespace Stapes.Output.Yaml;

/// <summary>
/// Writes the text of a flow scalar (YAML 1.2, section 7.3). Past column 80 a line is broken at the next single space that is neither
/// the first nor the last character: one line break reads back as one space. The next line starts at <paramref name="indent"/>.
/// </summary>
internal readonly struct YamlFolding(YamlOutput output, int indent, bool mayFold)
{
    private const int Width = 80;

    public void WritePlain(string text) => WriteFolded(text, rune => rune.ToString(), canEscape: false);

    public void WriteSingleQuoted(string text)
    {
        output.Write("'");
        WriteFolded(text, rune => rune.Value == '\'' ? "''" : rune.ToString(), canEscape: false);
        output.Write("'");
    }

    public void WriteDoubleQuoted(string text)
    {
        output.Write("\"");
        WriteFolded(text, Escape, canEscape: true);
        output.Write("\"");
    }

    // An escape keeps a space at the start of a line: with escapes, lines may also be broken where several spaces stand.
    private void WriteFolded(string text, Func<Rune, string> encode, bool canEscape)
    {
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (mayFold && output.Column > Width && IsInnerSpace(text, at) && (canEscape || text[at + 1] != ' '))
            {
                output.NewLine(indent);
                if (text[at + 1] == ' ')
                    output.Write(@"\");
            }
            else
            {
                output.Write(encode(rune));
            }

            at += rune.Utf16SequenceLength;
        }
    }

    private static bool IsInnerSpace(string text, int at) =>
        text[at] == ' ' && at > 0 && at < text.Length - 1 && text[at - 1] != ' ';

    // YAML 1.2, section 5.7.
    private static string Escape(Rune rune) => rune.Value switch
    {
        0 => @"\0",
        '\a' => @"\a",
        '\b' => @"\b",
        '\t' => @"\t",
        '\n' => @"\n",
        '\v' => @"\v",
        '\f' => @"\f",
        '\r' => @"\r",
        '\e' => @"\e",
        '"' => "\\\"",
        '\\' => @"\\",
        0x85 => @"\N",
        0x2028 => @"\L",
        0x2029 => @"\P",
        _ when YamlText.IsPrintable(rune) => rune.ToString(),
        <= 0xff => $@"\x{rune.Value:X2}",
        <= 0xffff => $@"\u{rune.Value:X4}",
        _ => $@"\U{rune.Value:X8}",
    };
}
