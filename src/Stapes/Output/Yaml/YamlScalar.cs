using System.Text;

namespace Stapes.Output.Yaml;

/// <summary>Writes text as a YAML scalar in the simplest style that reads back as the same text.</summary>
internal static class YamlScalar
{
    /// <summary>
    /// Second and later lines start at <paramref name="indent"/>; <paramref name="mayFold"/> allows to break long lines at a space.
    /// </summary>
    public static void Write(YamlOutput output, string text, int indent, bool mayFold)
    {
        var folding = new YamlFolding(output, indent, mayFold);
        switch (StyleOf(text))
        {
            case YamlStyle.Plain:
                folding.WritePlain(text);
                break;
            case YamlStyle.SingleQuoted:
                folding.WriteSingleQuoted(text);
                break;
            case YamlStyle.DoubleQuoted:
                folding.WriteDoubleQuoted(text);
                break;
            case YamlStyle.Literal:
                WriteLiteral(output, text, indent);
                break;
            default:
                throw new InvalidOperationException("Unknown style.");
        }
    }

    /// <summary>Whether text can stand before a colon as it is: without line breaks (YAML 1.1's), and at most 128 bytes long.</summary>
    public static bool FitsSimpleKey(string text) =>
        !text.AsSpan().ContainsAny("\n\r\u0085\u2028\u2029") && Encoding.UTF8.GetByteCount(text) <= 128;

    private static YamlStyle StyleOf(string text)
    {
        var allowed = new YamlText(text);
        return allowed switch
        {
            { HasLineFeed: true } => allowed.Literal ? YamlStyle.Literal : YamlStyle.DoubleQuoted,
            _ when YamlTypes.IsNotText(text) => YamlStyle.DoubleQuoted,
            { Plain: true } when !YamlTypes.WasNotText(text) => YamlStyle.Plain,
            { SingleQuoted: true } => YamlStyle.SingleQuoted,
            _ => YamlStyle.DoubleQuoted,
        };
    }

    // YAML 1.2, section 8.1: the header says how deep the text is indented where that cannot be seen, and what becomes of the last
    // line feeds: "-" none, "+" all, and otherwise one.
    private static void WriteLiteral(YamlOutput output, string text, int indent)
    {
        var body = text.TrimEnd('\n');
        output.Write("|");
        if (text.TrimStart('\n').StartsWith(' '))
            output.Write("2");
        output.Write((text.Length - body.Length) switch { 0 => "-", 1 => "", _ => "+" });
        foreach (var line in text[..^(body.Length < text.Length ? 1 : 0)].Split('\n'))
        {
            if (line.Length == 0)
            {
                output.EmptyLine();
                continue;
            }

            output.NewLine(indent);
            output.Write(line);
        }
    }

    private enum YamlStyle
    {
        Plain,
        SingleQuoted,
        DoubleQuoted,
        Literal,
    }
}
