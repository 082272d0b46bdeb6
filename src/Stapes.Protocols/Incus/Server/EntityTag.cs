using System.Security.Cryptography;
using System.Text;
using Stapes.Core;
using Stapes.Core.Library;

namespace Stapes.Protocols.Incus.Server;

/// <summary>
/// Entity tags as Incus computes them, so that a client can carry one from server to server: SHA-256 over the editable fields in the
/// JSON of Go's encoder, which ends with a line feed.
/// </summary>
internal static class EntityTag
{
    public static string Of(Image image)
    {
        var json = new StringBuilder($"[{(image.Public ? "true" : "false")},{(image.AutoUpdate ? "true" : "false")},");
        return Hash(AppendMap(json, image.Properties).Append(']'));
    }

    public static string Of(AliasRecord alias) => Hash(AppendMap(new(), [
        new("description", alias.Description), new("target", alias.Target), new("name", alias.Name), new("type", alias.Type)]));

    /// <summary>Of a map, which Go writes in the order of its keys.</summary>
    public static string Of(IReadOnlyDictionary<string, string> config) => Hash(AppendMap(new(), config));

    /// <param name="condition">The If-Match header; empty for no condition.</param>
    /// <param name="tag">The tag of what is there.</param>
    /// <exception cref="StapesException">PreconditionFailed.</exception>
    public static void Check(string? condition, string tag)
    {
        if (condition?.Trim('"') is { Length: > 0 } expected && expected != tag && expected != "*")
        {
            throw new StapesException(ErrorKind.PreconditionFailed,
                $"ETag doesn't match: {tag} vs {expected}: somebody else changed it meanwhile; look at it again");
        }
    }

    private static string Hash(StringBuilder json) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{json}\n")));

    private static StringBuilder AppendMap(StringBuilder json, IReadOnlyDictionary<string, string> map) =>
        AppendMap(json, map.OrderBy(static p => p.Key, CodePointOrder.Instance));

    private static StringBuilder AppendMap(StringBuilder json, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        json.Append('{');
        var separator = "";
        foreach (var (name, value) in pairs)
        {
            AppendString(json.Append(separator), name).Append(':');
            AppendString(json, value);
            separator = ",";
        }

        return json.Append('}');
    }

    private static StringBuilder AppendString(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' or '\\' => json.Append('\\').Append(c),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' => json.Append($"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }

        return json.Append('"');
    }
}
