using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Incus.Client;

/// <summary>A server that lets us write, as a place that images are copied to. The files are sent when they are all there.</summary>
/// <param name="server">The server; disposed with this.</param>
/// <param name="stagingDirectory">Where fetched files lie until they are sent.</param>
public sealed class IncusTarget(IncusClient server, string stagingDirectory) : IImageTarget
{
    public string StagingDirectory => stagingDirectory;

    /// <summary>The server itself, for copies that servers do among themselves.</summary>
    public IncusClient Server => server;

    public void Require(ImageAddOptions options)
    {
        if (options.Aliases.FirstOrDefault(static a => string.IsNullOrWhiteSpace(a.Name) || a.Name.Any(char.IsControl)) is { } alias)
            throw new StapesException(ErrorKind.Invalid, $"\"{alias.Name}\" cannot be an alias: use a name of printable characters");
    }

    public string? FindLocal(Sha256Digest digest) => null;

    public async Task<bool> HasAsync(Sha256Digest fingerprint, CancellationToken cancellation)
    {
        try
        {
            await server.GetImageAsync(fingerprint.Hex, cancellation);
            return true;
        }
        catch (StapesException e) when (e.Kind is ErrorKind.NotFound)
        {
            return false;
        }
    }

    public async Task AddAsync(RemoteImage image, FetchedFiles files, ImageAddOptions options, TransferWatch? watch, CancellationToken cancellation)
    {
        if (options.AutoUpdate)
            throw new StapesException(ErrorKind.Invalid, "Auto update is only available in pull mode");
        var aliases = await TargetAliases.LookAsync(server, image.Fingerprint.Hex, options, cancellation);
        var fingerprint = await server.UploadAsync(
            new(files.Metadata.Content.TemporaryPath, files.Root?.Content.TemporaryPath)
            {
                MetadataName = NameOf(files.Metadata, image.Fingerprint.Hex),
                RootName = files.Root is { } root ? NameOf(root, $"{image.Fingerprint}.root") : null,
                Public = options.Public,
                Properties = PropertyDictionary.From(image.Properties).With(options.Properties),
                Profiles = options.Profiles,
                Aliases = aliases.New,
                Fingerprint = image.Fingerprint.Hex,
            },
            watch, cancellation);
        files.Metadata.Content.Discard();
        files.Root?.Content.Discard();
        await aliases.MoveAsync(server, fingerprint, cancellation);
        await SetExpiryAsync(fingerprint, options.ExpiresAt ?? image.ExpiresAt, cancellation);
    }

    public async Task AddAliasesAsync(Sha256Digest fingerprint, ImageAddOptions options, CancellationToken cancellation)
    {
        var aliases = await TargetAliases.LookAsync(server, fingerprint.Hex, options, cancellation);
        foreach (var name in aliases.New)
            await server.CreateAliasAsync(new() { Name = name, Target = fingerprint.Hex }, cancellation);
        await aliases.MoveAsync(server, fingerprint.Hex, cancellation);
    }

    public void Dispose() => server.Dispose();

    private static string NameOf(FetchedImageFile file, string other) => file.Name.Length > 0 ? file.Name : other;

    /// <summary>An upload takes its expiry from the metadata; an index may know another.</summary>
    private async Task SetExpiryAsync(string fingerprint, DateTimeOffset? expiry, CancellationToken cancellation)
    {
        if (expiry is not { } end)
            return;
        var (image, etag) = await server.GetImageAsync(fingerprint, cancellation);
        if (image.ExpiresAt.ToUnixTimeSeconds() == end.ToUnixTimeSeconds())
            return;
        await server.UpdateImageAsync(
            fingerprint,
            new()
            {
                AutoUpdate = image.AutoUpdate,
                Public = image.Public,
                Properties = image.Properties.ToDictionary(static p => p.Key, static p => (string?)p.Value),
                Profiles = image.Profiles,
                ExpiresAt = end,
            },
            etag, cancellation);
    }
}
