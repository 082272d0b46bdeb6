using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Transfers;
using Stapes.Protocols.Shared.Client;

namespace Stapes.Protocols.Simplestreams.Client;

/// <summary>A simplestreams server, or a directory that one could serve. Its index is read once.</summary>
public sealed class SimplestreamsRemote : IRemote
{
    private readonly IStreamsHost host;
    private readonly Lock gate = new();
    private Task<StreamsContent>? content;

    private SimplestreamsRemote(IStreamsHost host) => this.host = host;

    /// <param name="access">The server.</param>
    /// <param name="cache">The directory that keeps index files of all servers; null for none.</param>
    /// <param name="warn">Is told when the server is away and what was kept of it is used.</param>
    /// <param name="isKeptEnough">Whether what was kept is used without asking the server.</param>
    public static SimplestreamsRemote Of(HttpAccess access, string? cache, Action<string> warn, bool isKeptEnough = false)
    {
        ArgumentNullException.ThrowIfNull(access);
        return new(new HttpHost(access, cache is null ? null : new(cache, access.Addresses[0].ToString()), warn, isKeptEnough));
    }

    /// <param name="directory">A simplestreams tree.</param>
    public static SimplestreamsRemote OfDirectory(string directory) => new(new DirectoryHost(directory));

    public async Task<IReadOnlyList<RemoteImage>> ListAsync(CancellationToken cancellation) => (await ReadAsync(cancellation)).Images;

    public async Task<RemoteImage?> FindAsync(string name, ImageType? type, Architecture? architecture, CancellationToken cancellation)
    {
        var index = await ReadAsync(cancellation);
        var candidates = index.Images.Where(i => (type is null || i.Type == type) && (architecture is null || i.Architecture == architecture)).ToList();
        return FindAlias(index, candidates, name) ?? RemoteImages.FindFingerprint(candidates, name);
    }

    public async Task<FetchedFiles> FetchAsync(RemoteImage image, FetchOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(options);
        var listed = (await ReadAsync(cancellation)).Find(image.Fingerprint)
            ?? throw new StapesException(ErrorKind.NotFound, $"The image {image.Fingerprint} is not on {host.Describe("")} any more: list its images");
        var metadata = await FetchAsync(listed.MetadataItem, listed.RootItem is null ? "image" : "metadata", options, cancellation);
        if (listed.RootItem is not { } rootItem)
            return new(metadata, null);
        FetchedFile? root = null;
        try
        {
            root = await FetchRootAsync(listed, rootItem, metadata.Content.TemporaryPath, options, cancellation);
            if (root.Combined == image.Fingerprint)
                return new(metadata, Named(root, rootItem));
            root.Content.Discard();
            throw new StapesException(ErrorKind.Unavailable, $"The files of {image.Fingerprint} on {host.Describe("")} make another image, {root.Combined}: nothing was kept; the server's index has to be put right");
        }
        catch
        {
            root?.Dispose();
            // Small: it is not worth a file that stays.
            metadata.Content.Discard();
            throw;
        }
    }

    public void Dispose() => host.Dispose();

    /// <summary>This machine's architecture goes before others, a container before a virtual machine.</summary>
    private static RemoteImage? FindAlias(StreamsContent index, List<RemoteImage> candidates, string name) =>
        candidates.Where(i => index.Find(i.Type, i.Architecture, name) == i.Fingerprint)
            .OrderBy(static i => i.Architecture != Architecture.Local).ThenBy(static i => i.Type).FirstOrDefault();

    private Task<StreamsContent> ReadAsync(CancellationToken cancellation)
    {
        lock (gate)
        {
            // A failure is not kept.
            if (content is null or { IsFaulted: true } or { IsCanceled: true })
                content = StreamsContent.ReadAsync(host, cancellation);
            return content;
        }
    }

    private async Task<FetchedImageFile> FetchAsync(VersionItem item, string part, FetchOptions options, CancellationToken cancellation)
    {
        var file = File(item);
        using var progress = options.Watch.Begin(part, file.Size);
        return Named(await KeepAsync(file, before: null, options, progress, cancellation) ?? await FetchWholeAsync(file, before: null, options, progress, cancellation), item);
    }

    /// <summary>The least that has to come: nothing, a delta, or the whole file.</summary>
    private async Task<FetchedFile> FetchRootAsync(ListedImage image, VersionItem root, string before, FetchOptions options, CancellationToken cancellation)
    {
        var file = File(root);
        using var progress = options.Watch.Begin("rootfs", file.Size);
        return await KeepAsync(file, before, options, progress, cancellation)
            ?? await DeltaFetch.TryAsync(DeltaFetch.FindProgram(), image, File, options, before, cancellation)
            ?? await FetchWholeAsync(file, before, options, progress, cancellation);
    }

    private static Task<FetchedFile> FetchWholeAsync(RemoteFile file, string? before, FetchOptions options, FileProgress progress, CancellationToken cancellation) =>
        FileTransfer.FetchAsync(file, options.Directory, before, options.Retry, progress.Add, cancellation);

    private static Task<FetchedFile?> KeepAsync(RemoteFile file, string? before, FetchOptions options, FileProgress progress, CancellationToken cancellation) =>
        KeptFile.TryTakeAsync(options.FindLocal(file.Digest), file.Digest, options.Directory, before, progress.Add, cancellation);

    private static FetchedImageFile Named(FetchedFile file, VersionItem item) => new(Name(item), file.Content, file.Digest, file.Size);

    private static string Name(VersionItem item) => item.Path?.Split('/')[^1] ?? "";

    private RemoteFile File(VersionItem item)
    {
        var path = TreePath.Normalize(item.Path)
            ?? throw new StapesException(ErrorKind.Invalid, $"{host.Describe("")} lists a file outside of its own, \"{item.Path}\": the server has to be put right");
        if (!Sha256Digest.TryParse(item.Sha256, out var digest))
            throw new StapesException(ErrorKind.Invalid, $"{host.Describe(path)} has no SHA256 hash in the index, so that it cannot be checked: the server has to be put right");
        return new(host.Describe(path), digest, item.Size, host.File(path));
    }
}
