using System.Text.Json.Nodes;

namespace Stapes.Protocols.Simplestreams;

/// <summary>A product as bytes, or as a tree once somebody looked at it. What is no object is kept, but is no product.</summary>
internal sealed class ProductEntry
{
    private readonly ReadOnlyMemory<byte> json;
    private readonly Range? member;
    private JsonNode? node;

    public ProductEntry(JsonObject node)
    {
        this.node = node;
        IsObject = true;
    }

    public ProductEntry(ProductsScan.Found found)
    {
        json = found.Json;
        member = found.Member;
        IsObject = found.IsObject;
        // Whether its keys are unique shows only in the tree; and it is to be written in order anyway.
        if (!found.IsOrdered)
            Load();
    }

    public bool IsObject { get; }

    /// <summary>Where it lies in the file, name and value, as it is to be written; null when it has to be written anew.</summary>
    public Range? Untouched => node is null ? member : null;

    /// <summary>Bytes that were not loaded yet have no escapes: what they do not hold as it is, they do not hold.</summary>
    public bool MayContain(ReadOnlySpan<byte> text) => node is not null || json.Span.IndexOf(text) >= 0;

    public JsonObject? Node
    {
        get
        {
            if (IsObject)
                Load();
            return node as JsonObject;
        }
    }

    public ReadOnlyMemory<byte> ToBytes() => node is null ? json : Json.Write(writer => Json.WriteSorted(writer, node));

    private void Load() => node ??= Json.ParseStrictly(json.Span);
}
