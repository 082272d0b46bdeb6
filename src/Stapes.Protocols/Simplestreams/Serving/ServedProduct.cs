using Stapes.Core.Library;

namespace Stapes.Protocols.Simplestreams.Serving;

/// <summary>A product of a served index.</summary>
internal sealed record ServedProduct
{
    public required ProductFacts Facts { get; init; }

    /// <summary>Oldest first; the aliases lead to the newest of each type.</summary>
    public required IReadOnlyList<ServedVersion> Versions { get; init; }

    /// <summary>The aliases that the store has for the newest images; of a new product.</summary>
    public required IReadOnlyList<string> StoreAliases { get; init; }

    /// <summary>Unique in the index.</summary>
    public string Name { get; init; } = "";

    public string ArchitectureName { get; init; } = "";

    /// <summary>Sorted.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Whose metadata items are written.</summary>
    public IReadOnlyList<Audience> Audiences { get; init; } = [Audience.Incus, Audience.Lxd];

    public Image Newest => Versions[^1].Images[^1];

    public IEnumerable<Image> NewestOfEachType()
    {
        var images = Versions.Reverse().SelectMany(static v => v.Images);
        return images.DistinctBy(static i => i.Type);
    }
}

/// <summary>A version: one image, or a container and a virtual machine that share their metadata.</summary>
internal sealed record ServedVersion(string Serial, string Label, IReadOnlyList<Image> Images);
