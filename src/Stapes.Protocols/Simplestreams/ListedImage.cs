using Stapes.Core.Images;

namespace Stapes.Protocols.Simplestreams;

/// <summary>An image as a client makes it out of a products file.</summary>
public sealed record ListedImage
{
    /// <summary>Whose client it is.</summary>
    public required Audience Audience { get; init; }

    public required Product Product { get; init; }

    public required ProductVersion Version { get; init; }

    /// <summary>The metadata tarball; of a unified image its only file.</summary>
    public required VersionItem MetadataItem { get; init; }

    /// <summary>Null for a unified image.</summary>
    public VersionItem? RootItem { get; init; }

    /// <summary>As the index states it: not verified, perhaps not even a digest.</summary>
    public required string Fingerprint { get; init; }

    public required ImageType Type { get; init; }

    public required Architecture Architecture { get; init; }

    /// <summary>What the product calls it.</summary>
    public required string ArchitectureName { get; init; }

    public required string Os { get; init; }

    public required string Release { get; init; }

    public required string Variant { get; init; }

    public required string Description { get; init; }

    /// <summary>Bytes of all files.</summary>
    public required long Size { get; init; }

    /// <summary>Midnight UTC of the date that the serial starts with.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The product's end of support; null when it states none.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>os, release, version, architecture, label, serial, description, variant, type, requirements.*; never empty ones.</summary>
    public IReadOnlyDictionary<string, string> Properties => field ??= ClientView.ReadProperties(this);

    /// <summary>The names under which a client on this machine's architecture finds it, after clashes are decided.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    public string FileName => MetadataItem.Path is { } path ? path[(path.LastIndexOf('/') + 1)..] : "";
}
