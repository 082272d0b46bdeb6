using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Remotes;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>Fetched files on their way into a tree. What is not placed stays for the next copy, unless it is no image.</summary>
internal sealed class FetchedTreeFiles(FetchedFiles files) : IDisposable
{
    private readonly FetchedImageFile[] all = files.Root is null ? [files.Metadata] : [files.Metadata, files.Root];
    private ReadImage? image;

    /// <exception cref="StapesException">Invalid: no image that Incus can use; nothing of it stays.</exception>
    public async Task<ReadImage> InspectAsync(Sha256Digest fingerprint, CancellationToken cancellation)
    {
        try
        {
            var inputs = all.Select(static f => new HashedFile(f.Name.Length > 0 ? f.Name : f.Digest.Hex, f.Content.TemporaryPath, f.Content.Handle, f.Digest, f.Size)).ToList();
            return image = await ImageInspector.InspectAsync(inputs[0], inputs.ElementAtOrDefault(1), fingerprint, cancellation);
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Invalid)
        {
            Discard();
            throw;
        }
    }

    /// <summary>Puts the large files on the disk; the small ones are flushed with the commit.</summary>
    public Task FlushLargeAsync() => Task.WhenAll(all.Where(IsLarge).Select(static f => Task.Run(f.Content.Flush)));

    public void PlaceIn(TreeTransaction transaction, ImageFile file, string path)
    {
        // Two equal files are two files: a tarball may be metadata and root at once.
        var fetched = ReferenceEquals(file, image!.RootFile) ? all[1] : all[0];
        transaction.Place(path, target => fetched.Content.MoveTo(target), IsLarge(fetched) ? null : fetched.Content.Flush);
    }

    public void Discard() => Array.ForEach(all, static f => f.Content.Discard());

    public void Dispose() => files.Dispose();

    private static bool IsLarge(FetchedImageFile file) => file.Size > StagedImage.LargestFlushedLate;
}
