namespace Stapes.Protocols.Simplestreams;

/// <summary>Paths in indexes: relative to the root of the server, with slashes.</summary>
public static class TreePath
{
    /// <summary>
    /// The path without empty and "." segments, and without the leading slash that Incus drops too; null when it leaves the tree or
    /// cannot be a file's name.
    /// </summary>
    public static string? Normalize(string? path)
    {
        if (path is not { Length: > 0 } || path.Contains('\0', StringComparison.Ordinal))
            return null;
        var segments = new List<string>();
        foreach (var segment in path.Split('/'))
        {
            if (segment is "" or ".")
                continue;
            if (segment == "..")
                return null;
            segments.Add(segment);
        }

        return segments.Count == 0 ? null : string.Join('/', segments);
    }
}
