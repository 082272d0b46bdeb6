using System.Text.Json.Serialization;

namespace Stapes.Protocols.Incus;

/// <summary>An access token, in answers of <c>/stapes/1.0/tokens</c> and in the request for one.</summary>
public sealed record AccessTokenRecord
{
    public string Name { get; init => field = value ?? ""; } = "";

    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary><c>viewer</c>, <c>publisher</c> or <c>admin</c>.</summary>
    public string Role { get; init => field = value ?? ""; } = "";

    /// <summary>Whether it is restricted to <see cref="Projects"/>.</summary>
    public bool Restricted { get; init; }

    public IReadOnlyList<string>? Projects { get; init; }

    /// <summary>Not in requests.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>The zero time: never.</summary>
    public DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The secret; only in the answer that made it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Token { get; init; }
}
