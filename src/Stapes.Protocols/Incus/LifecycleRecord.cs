using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Stapes.Protocols.Incus;

/// <summary>What happened to what (<c>EventLifecycle</c> in the REST API specification): the metadata of a lifecycle event.</summary>
public sealed record LifecycleRecord
{
    /// <summary><c>image-created</c>, <c>image-alias-deleted</c>, …</summary>
    public string Action { get; init => field = value ?? ""; } = "";

    /// <summary>The URL of what it happened to.</summary>
    public string Source { get; init => field = value ?? ""; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonObject? Context { get; init; }

    public string Name { get; init => field = value ?? ""; } = "";

    public string Project { get; init => field = value ?? ""; } = "";
}
