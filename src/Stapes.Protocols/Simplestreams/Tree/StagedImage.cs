using Microsoft.Win32.SafeHandles;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Protocols.Simplestreams.Tree;

/// <summary>The files of an image, read and on the tree's disk, but not visible yet.</summary>
public sealed class StagedImage : IDisposable
{
    /// <summary>A file up to this size is flushed with the commit, together with the indexes; a larger one would keep other writers waiting.</summary>
    internal const int LargestFlushedLate = 1 << 20;

    private readonly SimplestreamsTree tree;
    private readonly List<SourceFile> sources;

    private StagedImage(SimplestreamsTree tree, ReadImage image, List<SourceFile> sources)
    {
        this.tree = tree;
        Image = image;
        this.sources = sources;
    }

    public ReadImage Image { get; }

    /// <summary>Reads an image from files; each is read once. Links are followed.</summary>
    /// <param name="tree">Where it shall go.</param>
    /// <param name="metadata">The metadata tarball, or the unified image.</param>
    /// <param name="root">The root file system or disk; null for a unified image.</param>
    /// <param name="move">Whether the files may become the tree's own, see <see cref="DeleteSources"/>.</param>
    /// <param name="progress">Is told the number of bytes of each piece that was read.</param>
    /// <param name="flush">Whether the bytes are put on the disk, now or by the transaction; without that the caller sees to it, see <see cref="Flush"/>.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="StapesException">A file is missing or is no part of an image.</exception>
    public static async Task<StagedImage> ReadAsync(
        SimplestreamsTree tree, string metadata, string? root, bool move, Action<long>? progress, bool flush, CancellationToken cancellation)
    {
        var sources = new List<SourceFile>();
        try
        {
            // Both are opened before anything is written: a missing file is the commonest mistake.
            sources.Add(new(metadata));
            if (root is not null)
                sources.Add(new(root));
            foreach (var source in sources)
                source.Stage(tree, move);
            var image = await ImageReader.ReadAsync(sources[0].AsInput(progress), root is null ? null : sources[1].AsInput(progress), cancellation);
            // The disk takes several flushes in the time of one.
            var flushes = new List<Task>();
            foreach (var source in sources)
                flushes.Add(source.Finish(flush));
            await Task.WhenAll(flushes);
            return new(tree, image, sources);
        }
        catch
        {
            foreach (var source in sources)
                source.Dispose();
            tree.RemoveEmptyStaging();
            throw;
        }
    }

    /// <summary>Puts the bytes of all images on the disk, at once.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    internal static void Flush(IEnumerable<StagedImage?> images) =>
        FlushTogether.Run([.. images.OfType<StagedImage>().SelectMany(static i => i.sources).Select(static s => s.Staged)]);

    /// <summary>Hands the files to a transaction.</summary>
    public void PlaceIn(TreeTransaction transaction, ImageFile file, string path)
    {
        // Two equal files are two files: a tarball may be metadata and root at once.
        var source = ReferenceEquals(file, Image.RootFile) ? sources[1] : sources[0];
        transaction.Place(path, source.MoveTo, source.LateFlush);
    }

    /// <summary>Ends a move: deletes the files that were read. Only after the transaction is committed.</summary>
    public void DeleteSources() => sources.ForEach(static s => File.Delete(s.Path));

    public void Dispose()
    {
        sources.ForEach(static s => s.Dispose());
        tree.RemoveEmptyStaging();
    }

    /// <summary>One file on its way into the tree.</summary>
    private sealed class SourceFile : IDisposable
    {
        private readonly SafeFileHandle handle;
        private readonly DateTime modified;
        private StagedFile? staged;
        private bool adopted;

        public SourceFile(string path)
        {
            Path = path;
            if (Directory.Exists(path))
                throw new StapesException(ErrorKind.Invalid, $"{path} is a directory: give a file, or the directory to --batch");
            try
            {
                handle = File.OpenHandle(path, options: FileOptions.SequentialScan, share: FileShare.ReadWrite | FileShare.Delete);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                throw new StapesException(ErrorKind.NotFound, $"{path} does not exist: check the path", e);
            }

            modified = File.GetLastWriteTimeUtc(handle);
        }

        public string Path { get; }

        public StagedFile Staged => staged!;

        /// <summary>What is left to do for the bytes to be on the disk; null for nothing.</summary>
        public Action? LateFlush { get; private set; }

        public void Stage(SimplestreamsTree tree, bool move)
        {
            staged = move ? tree.TryAdopt(Path) : null;
            adopted = staged is not null;
            staged ??= tree.Stage();
        }

        public ImageInput AsInput(Action<long>? progress) => new(Path, new FileReadStream(handle), staged!.Handle, adopted ? null : staged.Content, progress);

        /// <summary>Ends the reading. The task is the flush of a large file.</summary>
        public Task Finish(bool flush)
        {
            if (File.GetLastWriteTimeUtc(handle) != modified)
                throw new StapesException(ErrorKind.Conflict, $"{Path} changed while it was read; try again when nothing writes it any more");
            handle.Dispose();
            if (!flush)
                return Task.CompletedTask;
            if (RandomAccess.GetLength(staged!.Handle) > LargestFlushedLate)
                return Task.Run(staged.Flush, CancellationToken.None);
            staged.StartFlush();
            LateFlush = staged.Flush;
            return Task.CompletedTask;
        }

        public void MoveTo(string target) => staged!.MoveTo(target);

        public void Dispose()
        {
            handle.Dispose();
            staged?.Dispose();
        }
    }
}
