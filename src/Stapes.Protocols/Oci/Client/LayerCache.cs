using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Storage.FileSystem;
using Stapes.Core.Transfers;

namespace Stapes.Protocols.Oci.Client;

/// <summary>A directory of layers that were fetched before, each under the digits of its digest. Many processes may use it at once.</summary>
internal sealed class LayerCache(string directory)
{
    private readonly string unfinished = Path.Combine(directory, "tmp");

    /// <summary>A layer that no image has needed for so long goes.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    /// <summary>Opens a layer that is there.</summary>
    public Stream Open(Sha256Digest digest) => new FileStream(PathOf(digest), new FileStreamOptions { BufferSize = 0, Options = FileOptions.Asynchronous | FileOptions.SequentialScan, Share = FileShare.ReadWrite | FileShare.Delete });

    /// <summary>Fetches a layer unless it is there.</summary>
    public async Task FetchAsync(RemoteFile layer, FetchOptions options, CancellationToken cancellation)
    {
        using var progress = options.Watch.Begin($"layer {layer.Digest.Hex[..12]}", layer.Size);
        var path = PathOf(layer.Digest);
        if (new FileInfo(path) is { Exists: true } file && (layer.Size is null || file.Length == layer.Size))
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            progress.Add(file.Length);
            return;
        }

        using var fetched = await FileTransfer.FetchAsync(layer, unfinished, before: null, options.Retry, progress.Add, cancellation);
        fetched.Content.MoveTo(path, published: false);
    }

    /// <summary>Forgets layers that turned out to be damaged.</summary>
    public void Forget(IEnumerable<Sha256Digest> digests)
    {
        foreach (var digest in digests)
            File.Delete(PathOf(digest));
    }

    /// <summary>Deletes what was not needed for a long time, and what killed processes left.</summary>
    public void Prune()
    {
        StagedFile.CleanUp(unfinished);
        var old = DateTime.UtcNow - Lifetime;
        foreach (var file in new DirectoryInfo(directory) is { Exists: true } there ? there.EnumerateFiles("*.layer") : [])
        {
            if (file.LastWriteTimeUtc < old)
                file.Delete();
        }
    }

    private string PathOf(Sha256Digest digest) => Path.Combine(directory, $"{digest.Hex}.layer");
}
