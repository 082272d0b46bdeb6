using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Protocols.Simplestreams.Serving;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>
/// How an image from elsewhere is listed in a tree. What its remote says of it counts more than its metadata.yaml, because that may have
/// been edited there; where both lack what an index needs, the same stands in for it as when a server lists it.
/// </summary>
/// <param name="Image">The image, with the properties that it shall have.</param>
/// <param name="Options">How to add it.</param>
internal sealed record CopiedListing(ReadImage Image, AddOptions Options)
{
    /// <summary>Properties that the remote made out of its index: they would only repeat what the tree's own says.</summary>
    private static readonly string[] Derived = ["type"];

    public static CopiedListing Of(RemoteImage remote, ReadImage read, ImageAddOptions options)
    {
        var said = remote.Properties.Where(static p => !Derived.Contains(p.Key) && p.Value.Length > 0);
        var properties = PropertyDictionary.From(read.Metadata.Properties).With(said).With(options.Properties);
        var aliases = Aliases(options.Aliases, read.Metadata.Architecture);
        var facts = ProductFacts.Of(new()
        {
            Fingerprint = read.Fingerprint,
            Type = read.Type,
            Architecture = read.Metadata.Architecture,
            Properties = properties,
            CreatedAt = read.Metadata.CreatedAt,
            UploadedAt = read.Metadata.CreatedAt,
            MetadataFile = read.MetadataFile,
            RootFile = read.RootFile,
            RootFormat = read.RootFormat,
            Aliases = [.. aliases.Select(static a => new ImageAlias(a, ""))],
        });
        var completed = properties.With(
        [
            new("os", facts.Os), new("release", facts.Release), new("variant", facts.Variant), new("architecture", facts.ArchitectureName),
        ]);
        var serial = properties.GetValueOrDefault("serial");
        return new(
            read with { Metadata = read.Metadata with { Properties = completed } },
            new()
            {
                Aliases = aliases,
                DefaultAlias = facts.DefaultAlias is not null,
                ProductName = facts.Name,
                ReleaseTitle = ReleaseTitle(facts, properties),
                SupportEol = (options.ExpiresAt ?? remote.ExpiresAt) is { } end ? DateOnly.FromDateTime(end.UtcDateTime) : null,
                ReleaseVersion = properties.GetValueOrDefault("version"),
                Label = properties.GetValueOrDefault("label"),
                FirstSerial = serial is not null && Serial.IsValid(serial) ? serial : null,
            });
    }

    /// <summary>
    /// Clients add the architecture to each alias by themselves, so that a remote may tell of "debian/12" as "debian/12/arm64": in the
    /// tree, where every architecture has aliases of its own, it is "debian/12" again.
    /// </summary>
    private static IReadOnlyList<string> Aliases(IReadOnlyList<ImageAlias> aliases, Architecture architecture)
    {
        var names = aliases.Select(static a => a.Name).ToHashSet(StringComparer.Ordinal);
        return [.. names.Select(Stem).Distinct()];

        string Stem(string name)
        {
            foreach (var end in architecture.Names)
            {
                if (name.Length > end.Length + 1 && name.EndsWith($"/{end}", StringComparison.Ordinal)
                    && (name[..^(end.Length + 1)] is var stem && (names.Contains(stem) || architecture != Architecture.Local)))
                {
                    return stem;
                }
            }

            return name;
        }
    }

    /// <summary>Null to keep what a product has that is there already.</summary>
    private static string? ReleaseTitle(ProductFacts facts, PropertyDictionary properties) =>
        facts.ReleaseTitle != facts.Release ? facts.ReleaseTitle
        : TitleIn(properties.GetValueOrDefault("description"), facts);

    /// <summary>Clients of simplestreams learn the title of a release only as a part of the description, between the system and the architecture.</summary>
    private static string? TitleIn(string? description, ProductFacts facts)
    {
        if (description is null || !description.StartsWith($"{facts.Os} ", StringComparison.Ordinal) || !description.EndsWith(')'))
            return null;
        var end = description.IndexOf($" {facts.ArchitectureName} (", StringComparison.Ordinal);
        return end > facts.Os.Length && description[(facts.Os.Length + 1)..end] is { Length: > 0 } title ? title : null;
    }
}
