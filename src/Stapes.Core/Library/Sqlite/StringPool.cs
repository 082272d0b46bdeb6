namespace Stapes.Core.Library.Sqlite;

/// <summary>Keeps one string of each value: ten thousand images say «ubuntu» and «architecture» over and over.</summary>
internal sealed class StringPool
{
    private readonly HashSet<string> strings = new(StringComparer.Ordinal);

    public string Share(string text)
    {
        if (strings.TryGetValue(text, out var shared))
            return shared;
        strings.Add(text);
        return text;
    }
}
