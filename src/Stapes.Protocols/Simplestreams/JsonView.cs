using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stapes.Protocols.Simplestreams;

/// <summary>
/// A JSON object to look into: a tree that can be changed, or one that is only read, of which nothing is made but the values that somebody
/// asks for. A client reads thousands of products and changes none.
/// </summary>
public readonly record struct JsonView
{
    private readonly JsonObject? tree;
    private readonly JsonElement element;

    public JsonView(JsonObject tree) => this.tree = tree;

    internal JsonView(JsonElement element) => this.element = element;

    /// <summary>The tree, to be changed.</summary>
    /// <exception cref="InvalidOperationException">It is only read.</exception>
    public JsonObject Tree => tree ?? throw new InvalidOperationException("This JSON is only read.");

    /// <summary>The string under a key; null when there is none or it is something else.</summary>
    public string? Text(string key) => tree is not null ? tree.Text(key)
        : element.TryGetProperty(key, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    /// <summary>The whole number under a key; null when there is none or it is something else.</summary>
    public long? Number(string key) => tree is not null ? tree.Number(key)
        : element.TryGetProperty(key, out var value) && value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    /// <summary>The members of the object under a key that are objects themselves, in ordinal order of their names.</summary>
    public IReadOnlyList<(string Name, JsonView View)> Objects(string key)
    {
        if (tree is not null)
            return [.. tree.Objects(key).Select(static o => (o.Name, new JsonView(o.Node)))];
        return element.TryGetProperty(key, out var children) && children.ValueKind is JsonValueKind.Object ? Members(children) : [];
    }

    /// <summary>The members of the object under a key that are strings.</summary>
    public IEnumerable<KeyValuePair<string, string>> Texts(string key)
    {
        if (tree is not null)
        {
            return tree[key] is JsonObject map
                ? map.Where(static r => r.Value is JsonValue v && v.TryGetValue<string>(out _)).Select(static r => KeyValuePair.Create(r.Key, r.Value!.GetValue<string>()))
                : [];
        }

        return element.TryGetProperty(key, out var texts) && texts.ValueKind is JsonValueKind.Object
            ? texts.EnumerateObject().Where(static t => t.Value.ValueKind is JsonValueKind.String).Select(static t => KeyValuePair.Create(t.Name, t.Value.GetString()!))
            : [];
    }

    /// <summary>The members of an object that are objects, in ordinal order of their names.</summary>
    internal static IReadOnlyList<(string Name, JsonView View)> Members(JsonElement children)
    {
        var members = new List<(string Name, JsonView View)>();
        var isSorted = true;
        foreach (var child in children.EnumerateObject())
        {
            if (child.Value.ValueKind is not JsonValueKind.Object)
                continue;
            var name = child.Name;
            isSorted &= members.Count == 0 || string.CompareOrdinal(members[^1].Name, name) < 0;
            members.Add((name, new(child.Value)));
        }

        if (!isSorted)
            members.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return members;
    }
}
