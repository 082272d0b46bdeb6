using System.Text.Json;

namespace Stapes.Core.Library.Sqlite;

/// <summary>Keeps one string of each value: ten thousand images say «ubuntu» and «architecture» over and over.</summary>
internal sealed class StringPool
{
    private const int Longest = 128;

    private readonly HashSet<string> strings = new(StringComparer.Ordinal);
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> spans;

    public StringPool() => spans = strings.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The string at which a reader stands; a known one takes no memory.</summary>
    public string Share(in Utf8JsonReader reader)
    {
        if (reader.ValueSpan.Length > Longest)
            return reader.GetString()!;
        Span<char> buffer = stackalloc char[Longest];
        ReadOnlySpan<char> text = buffer[..reader.CopyString(buffer)];
        if (spans.TryGetValue(text, out var shared))
            return shared;
        shared = text.ToString();
        strings.Add(shared);
        return shared;
    }

    public string Share(string text)
    {
        if (strings.TryGetValue(text, out var shared))
            return shared;
        strings.Add(text);
        return text;
    }
}
