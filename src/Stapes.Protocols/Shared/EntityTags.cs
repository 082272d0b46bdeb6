namespace Stapes.Protocols.Shared;

/// <summary>Compares entity tags in If-Match, If-None-Match and If-Range (RFC 9110, sections 8.8.3.2 and 13.1).</summary>
internal static class EntityTags
{
    /// <summary>If-None-Match: a weak tag matches too.</summary>
    public static bool MatchesWeakly(string list, string tag) => Contains(list, tag, weakly: true);

    /// <summary>If-Match: only strong tags match.</summary>
    public static bool MatchesStrongly(string list, string tag) => Contains(list, tag, weakly: false);

    private static bool Contains(string list, string tag, bool weakly)
    {
        // Our own tags hold neither commas nor quotes, so that a foreign tag that is split at its comma cannot equal one.
        foreach (var piece in list.AsSpan().Split(','))
        {
            var one = list.AsSpan()[piece].Trim(" \t");
            if (weakly && one.StartsWith("W/"))
                one = one[2..];
            if (one is "*" || one.SequenceEqual(tag))
                return true;
        }

        return false;
    }
}
