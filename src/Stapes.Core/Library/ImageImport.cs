using Stapes.Core.Images;
using Stapes.Core.Storage;

namespace Stapes.Core.Library;

/// <summary>
/// The way of a staged image into the library: its blobs are claimed, so that the collector leaves them alone; they are stored; one
/// transaction makes the image visible and ends the claim.
/// </summary>
internal sealed class ImageImport(ICatalog catalog, IBlobStore blobs, SnapshotKeeper snapshots, BlobClaims claims)
{
    public async Task<Image> AddAsync(StagedUpload staged, ImageAddOptions options, DateTimeOffset now, CancellationToken cancellation)
    {
        var image = Describe(staged.Image, options, now);
        foreach (var alias in image.Aliases)
            CheckAlias(alias.Name);
        if (options.ExpectedFingerprint is { } expected && expected != image.Fingerprint)
        {
            throw new StapesException(ErrorKind.Invalid,
                $"The image has the fingerprint {image.Fingerprint}, not {expected} as was expected: it was damaged on its way, or is another one");
        }

        var claim = await claims.ClaimAsync(staged.Files, cancellation);
        try
        {
            await staged.StoreAsync(blobs, cancellation);
            var change = await snapshots.WriteAsync(
                () => catalog.AddImageAsync(claim, image, options.ReplaceAliases, cancellation), cancellation);
            return change.Images[image.Key]!;
        }
        catch
        {
            await claims.AbandonAsync(claim);
            throw;
        }
    }

    /// <exception cref="StapesException">Conflict: an image of the expected fingerprint is there.</exception>
    public async Task CheckAbsentAsync(ImageAddOptions options, CancellationToken cancellation)
    {
        if (options.ExpectedFingerprint is { } expected
            && (await snapshots.GetAsync(cancellation)).Find(options.Project, expected) is { } present)
        {
            throw new StapesException(ErrorKind.Conflict, $"The image {present.Key} exists already: delete it first, or edit it in place");
        }
    }

    /// <exception cref="StapesException">Invalid: nobody could ask for an alias of that name.</exception>
    public static void CheckAlias(string name)
    {
        if (string.IsNullOrWhiteSpace(name) || name.Any(char.IsControl))
            throw new StapesException(ErrorKind.Invalid, $"\"{name}\" cannot be an alias: use a name of printable characters");
    }

    private static Image Describe(ReadImage read, ImageAddOptions options, DateTimeOffset now) => new()
    {
        Project = options.Project,
        Fingerprint = read.Fingerprint,
        Type = read.Type,
        Architecture = read.Metadata.Architecture,
        FileName = options.FileName,
        Public = options.Public,
        AutoUpdate = options.AutoUpdate,
        Cached = options.Cached,
        Properties = options.ReplaceProperties ? options.Properties : PropertyDictionary.From(read.Metadata.Properties).With(options.Properties),
        Profiles = options.Profiles,
        CreatedAt = read.Metadata.CreatedAt,
        ExpiresAt = options.ExpiresAt ?? read.Metadata.ExpiresAt,
        UploadedAt = now,
        UpdateSource = options.UpdateSource,
        MetadataFile = read.MetadataFile,
        RootFile = read.RootFile,
        RootFormat = read.RootFormat,
        Aliases = options.Aliases,
    };
}
