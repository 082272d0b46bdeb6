using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Stapes.Core.Library;

/// <summary>A small immutable dictionary, sorted by name (ordinal): two arrays, because a catalogue keeps thousands of them.</summary>
public sealed class PropertyDictionary : IReadOnlyDictionary<string, string>
{
    private readonly string[] names;
    private readonly string[] values;

    private PropertyDictionary(string[] names, string[] values)
    {
        this.names = names;
        this.values = values;
    }

    public static PropertyDictionary Empty { get; } = new([], []);

    public int Count => names.Length;

    public IEnumerable<string> Keys => names;

    public IEnumerable<string> Values => values;

    public string this[string key] =>
        TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"There is no property \"{key}\".");

    /// <summary>Of several values of one name the last counts.</summary>
    public static PropertyDictionary From(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        if (pairs is PropertyDictionary map)
            return map;
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in pairs)
            sorted[name] = value;
        return sorted.Count == 0 ? Empty : new([.. sorted.Keys], [.. sorted.Values]);
    }

    /// <summary>The same, without a detour where the names are in their order already, as in a catalogue that is loaded.</summary>
    internal static PropertyDictionary From(IReadOnlyList<string> names, IReadOnlyList<string> values)
    {
        for (var i = 1; i < names.Count; i++)
        {
            if (string.CompareOrdinal(names[i - 1], names[i]) >= 0)
                return From(names.Zip(values, KeyValuePair.Create));
        }

        return names.Count == 0 ? Empty : new([.. names], [.. values]);
    }

    /// <summary>These properties with others over them.</summary>
    public PropertyDictionary With(IEnumerable<KeyValuePair<string, string>> others) => From(this.Concat(others));

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        var index = Array.BinarySearch(names, key, StringComparer.Ordinal);
        value = index < 0 ? null : values[index];
        return index >= 0;
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
    {
        for (var i = 0; i < names.Length; i++)
            yield return new(names[i], values[i]);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
