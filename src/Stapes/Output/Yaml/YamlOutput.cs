namespace Stapes.Output.Yaml;

/// <summary>The text of a YAML document and the column where it stands, counted in characters.</summary>
internal sealed class YamlOutput(TextWriter writer)
{
    public int Column { get; private set; }

    public void Write(ReadOnlySpan<char> text)
    {
        writer.Write(text);
        foreach (var unit in text)
            Column += char.IsLowSurrogate(unit) ? 0 : 1;
    }

    public void NewLine(int indent)
    {
        writer.Write('\n');
        for (var i = 0; i < indent; i++)
            writer.Write(' ');
        Column = indent;
    }

    public void EmptyLine() => writer.Write('\n');
}
