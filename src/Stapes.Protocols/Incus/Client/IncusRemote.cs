using System.Text.Json;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;

namespace Stapes.Protocols.Incus.Client;

/// <summary>The images of a server that speaks the Incus API: a public one, or one that knows us.</summary>
public sealed class IncusRemote(IncusClient client) : IRemote
{
    /// <summary>The server itself, for what only a server that trusts us can do.</summary>
    public IncusClient Client => client;

    public async Task<IReadOnlyList<RemoteImage>> ListAsync(CancellationToken cancellation) =>
        [.. (await client.ListImagesAsync("", allProjects: false, cancellation)).EnumerateArray()
            .Select(static raw => Read(raw.Deserialize(IncusJsonContext.Default.ImageRecord)!)).OfType<RemoteImage>()];

    public async Task<RemoteImage?> FindAsync(string name, ImageType? type, Architecture? architecture, CancellationToken cancellation)
    {
        if (await GetAsync(await client.ResolveAsync(name, type?.ToName(), cancellation), cancellation) is { } image && Fits(image))
            return image;
        if (type is null && architecture is null)
            return null;
        // The server says of an alias only what fits us; a list has them all.
        return (await ListAsync(cancellation)).FirstOrDefault(i => Fits(i) && i.Aliases.Any(a => a.Name == name));

        bool Fits(RemoteImage candidate) => (type is null || candidate.Type == type) && (architecture is null || candidate.Architecture == architecture);
    }

    public Task<FetchedFiles> FetchAsync(RemoteImage image, FetchOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(image);
        return client.FetchAsync(new() { Fingerprint = image.Fingerprint.Hex, Size = image.Size }, options, cancellation);
    }

    public void Dispose() => client.Dispose();

    private async Task<RemoteImage?> GetAsync(string fingerprint, CancellationToken cancellation)
    {
        try
        {
            return Read((await client.GetImageAsync(fingerprint, cancellation)).Image);
        }
        catch (StapesException e) when (e.Kind == ErrorKind.NotFound)
        {
            return null;
        }
    }

    /// <summary>Null for an image of an architecture that nobody here knows.</summary>
    internal static RemoteImage? Read(ImageRecord image)
    {
        if (!Sha256Digest.TryParse(image.Fingerprint, out var fingerprint) || !Architecture.TryParse(image.Architecture, out var architecture))
            return null;
        return new()
        {
            Fingerprint = fingerprint,
            Type = image.Type == ImageType.VirtualMachine.ToName() ? ImageType.VirtualMachine : ImageType.Container,
            Architecture = architecture,
            Size = image.Size,
            Project = image.Project is { Length: > 0 } project ? project : Image.DefaultProject,
            FileName = image.Filename,
            Public = image.Public,
            AutoUpdate = image.AutoUpdate,
            Cached = image.Cached,
            Properties = image.Properties,
            Aliases = [.. (image.Aliases ?? []).Select(static a => new ImageAlias(a.Name, a.Description ?? ""))],
            Profiles = image.Profiles ?? [],
            CreatedAt = Time(image.CreatedAt),
            ExpiresAt = Time(image.ExpiresAt),
            UploadedAt = Time(image.UploadedAt),
            UpdateSource = image.UpdateSource is { } source ? new(source.Alias, source.Server, source.Protocol, source.Certificate, source.ImageType) : null,
        };
    }

    /// <summary>The zero time and the epoch both stand for none.</summary>
    private static DateTimeOffset? Time(DateTimeOffset time) => time <= DateTimeOffset.UnixEpoch ? null : time;
}
