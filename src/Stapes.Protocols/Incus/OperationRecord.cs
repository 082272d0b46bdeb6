using System.Text.Json.Nodes;

namespace Stapes.Protocols.Incus;

/// <summary>The state of a background operation (<c>Operation</c> in the REST API specification).</summary>
public sealed record OperationRecord
{
    /// <summary>A UUID.</summary>
    public string Id { get; init => field = value ?? ""; } = "";

    /// <summary><c>task</c> or <c>token</c>.</summary>
    public string Class { get; init => field = value ?? ""; } = "task";

    public string Description { get; init => field = value ?? ""; } = "";

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The name of <see cref="StatusCode"/>.</summary>
    public string Status { get; init => field = value ?? ""; } = "";

    public OperationStatus StatusCode { get; init; }

    /// <summary>The URLs of what it works on, by kind (<c>images</c>).</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Resources { get; init; }

    /// <summary>What it found out so far, by name. Never changed in place.</summary>
    public JsonObject? Metadata { get; init; }

    public bool MayCancel { get; init; }

    /// <summary>Why it failed; else empty.</summary>
    public string Err { get; init => field = value ?? ""; } = "";

    /// <summary>The member of a cluster that it runs on.</summary>
    public string Location { get; init => field = value ?? ""; } = "none";
}

/// <summary>How far an operation is; 200 and above are final. The numbers are those of the API.</summary>
public enum OperationStatus
{
    None = 0,
    Running = 103,
    Cancelling = 104,
    Pending = 105,
    Success = 200,
    Failure = 400,
    Cancelled = 401,
}
