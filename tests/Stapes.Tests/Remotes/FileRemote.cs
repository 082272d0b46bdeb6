using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;
using Stapes.Tests.Library;

namespace Stapes.Tests.Remotes;

/// <summary>A remote whose files lie in memory, and are fetched as those of a web server are.</summary>
internal sealed class FileRemote : IRemote
{
    private readonly Dictionary<Sha256Digest, (byte[] Metadata, byte[]? Root)> files = [];
    private readonly List<RemoteImage> images = [];
    private readonly List<string> fetched = [];

    /// <summary>The files that were fetched, as «fingerprint/metadata» or «fingerprint/root», in no order.</summary>
    public IReadOnlyList<string> Fetched
    {
        get
        {
            lock (fetched)
                return [.. fetched];
        }
    }

    /// <summary>Opens a root instead of what opens it by itself.</summary>
    public OpenRemoteFile? OpenRoot { get; set; }

    public RemoteImage Add(byte[] metadata, byte[]? root, IReadOnlyDictionary<string, string>? properties = null, params IReadOnlyList<string> aliases)
    {
        var image = new RemoteImage
        {
            Fingerprint = TestImages.Digest([.. metadata, .. root ?? []]),
            Type = ImageType.Container,
            Architecture = Architecture.Parse("x86_64"),
            Public = true,
            Size = metadata.Length + (root?.Length ?? 0),
            Properties = PropertyDictionary.From(properties ?? PropertyDictionary.Empty),
            Aliases = [.. aliases.Select(static a => new ImageAlias(a, ""))],
        };
        files[image.Fingerprint] = (metadata, root);
        images.Add(image);
        return image;
    }

    public Task<IReadOnlyList<RemoteImage>> ListAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<RemoteImage>>(images);

    public Task<RemoteImage?> FindAsync(string name, ImageType? type, Architecture? architecture, CancellationToken cancellation) =>
        Task.FromResult(images.Find(i => i.Aliases.Any(a => a.Name == name) || i.Fingerprint.Hex.StartsWith(name, StringComparison.Ordinal)));

    public async Task<FetchedFiles> FetchAsync(RemoteImage image, FetchOptions options, CancellationToken cancellation)
    {
        var (metadata, root) = files[image.Fingerprint];
        var first = await FetchAsync($"{image.Fingerprint}/metadata", metadata, open: null, before: null, options, cancellation);
        try
        {
            var second = root is null ? null : await FetchAsync($"{image.Fingerprint}/root", root, OpenRoot, first.Content.TemporaryPath, options, cancellation);
            return new(Named("incus.tar.xz", first), second is null ? null : Named("rootfs.squashfs", second));
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
    }

    private static FetchedImageFile Named(string name, FetchedFile file) => new(name, file.Content, file.Digest, file.Size);

    private async Task<FetchedFile> FetchAsync(string name, byte[] content, OpenRemoteFile? open, string? before, FetchOptions options, CancellationToken cancellation)
    {
        var digest = TestImages.Digest(content);
        using var progress = options.Watch.Begin(name.Split('/')[1], content.Length);
        if (await KeptFile.TryTakeAsync(options.FindLocal(digest), digest, options.Directory, before, progress.Add, cancellation) is { } kept)
            return kept;
        return await FileTransfer.FetchAsync(new(name, digest, content.Length, OpenAsync), options.Directory, before, options.Retry, progress.Add, cancellation);

        Task<RemoteBody> OpenAsync(long offset, string? validator, CancellationToken _)
        {
            lock (fetched)
                fetched.Add(name);
            return open is not null
                ? open(offset, validator, cancellation)
                : Task.FromResult(new RemoteBody(new MemoryStream(content, (int)offset, content.Length - (int)offset)) { Offset = offset, Total = content.Length });
        }
    }
}
