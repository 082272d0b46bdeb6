using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;

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
        var all = pairs.ToArray();
        if (all.Length == 0)
            return Empty;
        if (IsSorted(all))
            return new(Array.ConvertAll(all, static p => p.Key), Array.ConvertAll(all, static p => p.Value));
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in all)
            sorted[name] = value;
        return new([.. sorted.Keys], [.. sorted.Values]);
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

    /// <summary>Whether its order is that of code points too.</summary>
    public bool HasAsciiNames => Array.TrueForAll(names, static n => Ascii.IsValid(n));

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

    private static bool IsSorted(KeyValuePair<string, string>[] pairs)
    {
        for (var i = 1; i < pairs.Length; i++)
        {
            if (string.CompareOrdinal(pairs[i - 1].Key, pairs[i].Key) >= 0)
                return false;
        }

        return true;
    }
}
