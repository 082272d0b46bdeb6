using Stapes.Core.Images;

namespace Stapes.Core.Library;

/// <summary>A name for images of one project: it leads to at most one image of each type and architecture, and to at least one.</summary>
public sealed record Alias
{
    public string Project { get; init; } = Image.DefaultProject;

    public required string Name { get; init; }

    public string Description { get; init; } = "";

    /// <summary>Sorted by type, then architecture.</summary>
    public required IReadOnlyList<AliasTarget> Targets { get; init; }

    public AliasKey Key => new(Project, Name);
}

/// <summary>What identifies an alias.</summary>
public readonly record struct AliasKey(string Project, string Name)
{
    public override string ToString() => Project == Image.DefaultProject ? $"\"{Name}\"" : $"\"{Name}\" of project {Project}";
}

/// <summary>The image that an alias leads to, of one type and architecture.</summary>
public sealed record AliasTarget(ImageType Type, Architecture Architecture, Sha256Digest Fingerprint);
