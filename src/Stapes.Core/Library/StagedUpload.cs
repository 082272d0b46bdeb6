using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Core.Storage;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Core.Library;

/// <summary>The files of an image, read and on the disk, but not visible yet. Disposed without being added, it leaves nothing.</summary>
public sealed class StagedUpload : IDisposable
{
    private readonly List<StagedFile> files;

    private StagedUpload(ReadImage image, List<StagedFile> files)
    {
        Image = image;
        this.files = files;
    }

    /// <summary>What was read.</summary>
    public ReadImage Image { get; }

    /// <summary>The digests and sizes of its files.</summary>
    internal IReadOnlyList<ImageFile> Files => Image.RootFile is null ? [Image.MetadataFile] : [Image.MetadataFile, Image.RootFile];

    internal static async Task<StagedUpload> ReadAsync(
        IBlobStore blobs, ImageUpload upload, StorageLimits limits, CancellationToken cancellation)
    {
        limits.Check(0, 0);
        var count = new LimitedStream.Count();
        await using var metadata = new DeferredStream(upload.Metadata);
        await using var root = upload.Root is null ? null : new DeferredStream(upload.Root);
        var files = new List<StagedFile>();
        try
        {
            var first = Input(upload.Metadata.Name, metadata);
            var second = root is null ? null : Input(upload.Root!.Name, root);
            return new(await ImageReader.ReadAsync(first, second, cancellation), files);
        }
        catch
        {
            files.ForEach(static f => f.Dispose());
            throw;
        }

        ImageInput Input(string name, Stream source)
        {
            var file = blobs.Stage();
            files.Add(file);
            return new(name, new LimitedStream(source, limits, count), file.Handle, file.Content, upload.Progress);
        }
    }

    internal static async Task<StagedUpload> TakeAsync(FetchedFiles fetched, Sha256Digest fingerprint, CancellationToken cancellation)
    {
        var root = fetched.Root is null ? null : Hashed("The root file system", fetched.Root);
        var read = await ImageInspector.InspectAsync(Hashed("The metadata", fetched.Metadata), root, fingerprint, cancellation);
        return new(read, fetched.Root is null ? [fetched.Metadata.Content] : [fetched.Metadata.Content, fetched.Root.Content]);
    }

    private static HashedFile Hashed(string name, FetchedImageFile file) =>
        new(name, file.Content.TemporaryPath, file.Content.Handle, file.Digest, file.Size);

    /// <summary>Stores the files; they are flushed side by side.</summary>
    internal Task StoreAsync(IBlobStore blobs, CancellationToken cancellation) =>
        Task.WhenAll(Files.Zip(files, (file, staged) => blobs.PutAsync(file.Digest, staged, cancellation)));

    public void Dispose() => files.ForEach(static f => f.Dispose());
}
