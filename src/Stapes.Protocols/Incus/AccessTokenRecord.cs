using System.Text.Json.Serialization;

namespace Stapes.Protocols.Incus;

/// <summary>An access token, in answers of <c>/stapes/1.0/tokens</c> and in the request for one.</summary>
public sealed record AccessTokenRecord : GrantRecord
{
    /// <summary>The secret; only in the answer that made it. It comes last.</summary>
    [JsonPropertyOrder(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Token { get; init; }
}
