using System.Collections.Immutable;

namespace Stapes.Core.Access;

/// <summary>Everybody who the server knows, and its projects, at one moment; immutable. A changed copy shares every unchanged record.</summary>
public sealed record AccessState
{
    public static AccessState Empty { get; } = new();

    public ImmutableDictionary<IdentityKey, Identity> Identities { get; init; } = ImmutableDictionary<IdentityKey, Identity>.Empty;

    /// <summary>By their hashes.</summary>
    public ImmutableDictionary<string, TrustToken> TrustTokens { get; init; } = ImmutableDictionary<string, TrustToken>.Empty;

    /// <summary>By their names. The project "default" is always there.</summary>
    public ImmutableDictionary<string, Project> Projects { get; init; } = ImmutableDictionary<string, Project>.Empty;

    /// <summary>The identities of a kind, sorted by name, then by what identifies them.</summary>
    public IEnumerable<Identity> Of(IdentityKind kind) => Identities.Values
        .Where(i => i.Kind == kind)
        .OrderBy(static i => i.Name, StringComparer.Ordinal)
        .ThenBy(static i => i.Id, StringComparer.Ordinal);
}
