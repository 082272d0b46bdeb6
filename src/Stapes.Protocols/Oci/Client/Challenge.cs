namespace Stapes.Protocols.Oci.Client;

/// <summary>The parameters of a challenge: <c>name="value",…</c>. Source: RFC 9110, section 11.3.</summary>
internal static class Challenge
{
    public static IReadOnlyDictionary<string, string> Parse(string text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var position = 0; position < text.Length;)
        {
            var equals = text.IndexOf('=', position);
            if (equals < 0)
                break;
            var name = text[position..equals].Trim(' ', ',', '\t');
            var (value, end) = equals + 1 < text.Length && text[equals + 1] == '"' ? Quoted(text, equals + 2) : Token(text, equals + 1);
            parameters.TryAdd(name, value);
            position = end;
        }

        return parameters;
    }

    private static (string Value, int End) Quoted(string text, int start)
    {
        var value = new System.Text.StringBuilder();
        var i = start;
        for (; i < text.Length && text[i] != '"'; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length)
                i++;
            value.Append(text[i]);
        }

        return (value.ToString(), i + 1);
    }

    private static (string Value, int End) Token(string text, int start)
    {
        var comma = text.IndexOf(',', start);
        var end = comma < 0 ? text.Length : comma;
        return (text[start..end].Trim(), end + 1);
    }
}
