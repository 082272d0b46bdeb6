namespace Stapes.Protocols.Incus;

/// <summary>An alias (<c>ImageAliasesEntry</c> in the REST API specification); in requests all but the target may be missing.</summary>
public sealed record AliasRecord
{
    public string Description { get; init => field = value ?? ""; } = "";

    /// <summary>A fingerprint; in requests a prefix of one is enough.</summary>
    public string Target { get; init => field = value ?? ""; } = "";

    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary><c>container</c> or <c>virtual-machine</c>.</summary>
    public string Type { get; init => field = value ?? ""; } = "";
}

/// <summary>Changes of an alias; null for what stays.</summary>
public sealed record AliasPatch(string? Description, string? Target);
