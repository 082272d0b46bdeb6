using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;

namespace Stapes.Protocols.Simplestreams.Client;

/// <summary>The images of a simplestreams server, as Incus makes them out of its index files.</summary>
internal sealed class StreamsContent
{
    private readonly Dictionary<Sha256Digest, ListedImage> byFingerprint = [];
    private readonly IReadOnlyList<ListedImage> listed;
    private readonly Lazy<Dictionary<(ImageType, Architecture, string), Sha256Digest>> byAlias;

    private StreamsContent(IEnumerable<Product> products)
    {
        listed = AliasTable.Apply(ClientView.Images(products, Audience.Incus), Architecture.Local);
        Images = [.. listed.Select(Read).OfType<RemoteImage>()];
        byAlias = new(ReadAliases);
    }

    /// <summary>In the order of clients, each once.</summary>
    public IReadOnlyList<RemoteImage> Images { get; }

    /// <exception cref="StapesException">A file cannot be had, or is no index.</exception>
    public static async Task<StreamsContent> ReadAsync(IStreamsHost host, CancellationToken cancellation)
    {
        var index = await host.ReadAsync(IndexFile.Path, IndexFile.Parse, cancellation);
        var paths = index.Entries.Where(static e => e.Products.Any())
            .Select(e => TreePath.Normalize(e.Path) ?? throw new StapesException(ErrorKind.Invalid, $"{host.Describe(IndexFile.Path)} names \"{e.Path}\", which is outside of the server's files: the server has to be put right"))
            .Distinct();
        var files = await Task.WhenAll(paths.Select(path => host.ReadAsync(path, json => ProductsReader.Read(path, json), cancellation)));
        return new(files.SelectMany(static f => f));
    }

    /// <summary>The items of the index that an image was made out of; null when there is no such image.</summary>
    public ListedImage? Find(Sha256Digest fingerprint) => byFingerprint.GetValueOrDefault(fingerprint);

    /// <summary>The image that a name leads to: an alias, also <c>ALIAS/ARCHITECTURE</c>.</summary>
    public Sha256Digest? Find(ImageType type, Architecture architecture, string alias) =>
        byAlias.Value.TryGetValue((type, architecture, alias), out var fingerprint) ? fingerprint : null;

    private RemoteImage? Read(ListedImage image)
    {
        if (!Sha256Digest.TryParse(image.Fingerprint, out var fingerprint) || !byFingerprint.TryAdd(fingerprint, image))
            return null;
        return new()
        {
            Fingerprint = fingerprint,
            Type = image.Type,
            Architecture = image.Architecture,
            Size = image.Size,
            FileName = image.FileName,
            Public = true,
            Properties = image.Properties,
            Aliases = [.. image.Aliases.Select(static a => new ImageAlias(a, ""))],
            CreatedAt = image.CreatedAt,
            UploadedAt = image.CreatedAt,
            ExpiresAt = image.ExpiresAt,
        };
    }

    // An alias is of one architecture, so that the table of each holds all that clients of any find.
    private Dictionary<(ImageType, Architecture, string), Sha256Digest> ReadAliases()
    {
        var names = new Dictionary<(ImageType, Architecture, string), Sha256Digest>();
        foreach (var group in listed.GroupBy(static i => i.Architecture))
        {
            foreach (var image in AliasTable.Apply(group, group.Key))
            {
                if (Sha256Digest.TryParse(image.Fingerprint, out var fingerprint))
                {
                    foreach (var alias in image.Aliases)
                        names.TryAdd((image.Type, image.Architecture, alias), fingerprint);
                }
            }
        }

        return names;
    }
}
