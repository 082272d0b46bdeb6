namespace Stapes.Core.Library;

/// <summary>Sorted arrays that are never changed: a changed copy of ten thousand references costs microseconds and no tree of nodes.</summary>
internal static class SortedArray
{
    /// <returns>The index of the item of that key, or the complement of the index at which it would be.</returns>
    public static int Find<T, TKey>(T[] items, TKey key, Func<T, TKey> keyOf, Comparison<TKey> compare)
    {
        var low = 0;
        var high = items.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = compare(keyOf(items[middle]), key);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return ~low;
    }

    /// <summary>A copy in which the given items are set; those that are null are taken out.</summary>
    public static T[] With<T, TKey>(T[] items, IReadOnlyDictionary<TKey, T?> changes, Func<T, TKey> keyOf, Comparison<TKey> compare)
        where T : class
    {
        var result = items;
        foreach (var (key, item) in changes)
        {
            var index = Find(result, key, keyOf, compare);
            result = (index, item) switch
            {
                ( < 0, null) => result,
                ( < 0, _) => [.. result.AsSpan(0, ~index), item, .. result.AsSpan(~index)],
                (_, null) => [.. result.AsSpan(0, index), .. result.AsSpan(index + 1)],
                _ => [.. result.AsSpan(0, index), item, .. result.AsSpan(index + 1)],
            };
        }

        return result;
    }
}
