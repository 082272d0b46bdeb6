using System.Text.Json.Serialization;

namespace Stapes.Tests.Output;

[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(Nested))]
internal sealed partial class OutputJsonContext : JsonSerializerContext;

/// <summary>A record with a field of every kind that YAML tells apart.</summary>
internal sealed record Nested
{
    public string? Text { get; init; }

    public long? Number { get; init; }

    public DateTimeOffset? Time { get; init; }

    public IReadOnlyList<string>? List { get; init; }

    public IReadOnlyList<IReadOnlyList<int>>? Lists { get; init; }

    public Dictionary<string, Dictionary<string, string>>? Map { get; init; }

    public Nested? Record { get; init; }
}
