namespace Stapes.Protocols.Incus;

/// <summary>A project (<c>Project</c> in the REST API specification).</summary>
public sealed record ProjectRecord
{
    public IReadOnlyDictionary<string, string>? Config { get; init; }

    public string Description { get; init => field = value ?? ""; } = "";

    public string Name { get; init => field = value ?? ""; } = "";

    public IReadOnlyList<string>? UsedBy { get; init; }
}

/// <summary>What is said of a project to make or change it (<c>ProjectsPost</c>, <c>ProjectPut</c>); in a PATCH null for what stays.</summary>
public sealed record ProjectPutRecord
{
    public string? Name { get; init; }

    public string? Description { get; init; }

    public IReadOnlyDictionary<string, string?>? Config { get; init; }
}
