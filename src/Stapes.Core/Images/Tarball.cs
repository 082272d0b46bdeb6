using System.Runtime.CompilerServices;
using Microsoft.Win32.SafeHandles;
using Stapes.Core.Compression;

namespace Stapes.Core.Images;

/// <summary>A tar archive in any compression that is read while it passes an <see cref="IngestStream"/>.</summary>
internal sealed class Tarball : IAsyncDisposable
{
    private const int BlockSize = 512;

    private readonly CompressionFormat format;
    private readonly BombGuard content;
    private readonly TarWalker walker;

    private Tarball(string name, CompressionFormat format, IngestStream ingest)
    {
        Name = name;
        this.format = format;
        content = new(Decompressor.Open(format, ingest, leaveOpen: true), ingest, name);
        walker = new(content);
    }

    /// <summary>The file's name, for messages.</summary>
    public string Name { get; }

    /// <summary>The usual end of such a file's name, with its dots.</summary>
    public string Extension => format.FileExtension();

    /// <summary>Null when the file is no tarball by its first bytes.</summary>
    /// <exception cref="StapesException">The file is empty.</exception>
    public static async Task<Tarball?> OpenAsync(string name, IngestStream ingest, CancellationToken cancellation)
    {
        var header = await ingest.PeekAsync(BlockSize, cancellation);
        if (header.IsEmpty)
            throw new StapesException(ErrorKind.Invalid, $"{name} is empty: make or copy it again");
        return CompressionDetector.Detect(header.Span) is { } format ? new(name, format, ingest) : null;
    }

    /// <summary>The entries; <see cref="ReadDataAsync"/> reads the data of the current one.</summary>
    /// <exception cref="StapesException">The archive is damaged, cut off, or a decompression bomb.</exception>
    public async IAsyncEnumerable<TarMember> EntriesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        while (await GuardAsync(() => walker.NextAsync(cancellation)) is { } entry)
            yield return entry;
    }

    /// <summary>The data of the current entry.</summary>
    /// <param name="size">Its size, at most 1 MiB.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="StapesException">The archive is damaged, cut off, or a decompression bomb.</exception>
    public Task<byte[]> ReadDataAsync(long size, CancellationToken cancellation) => GuardAsync(() => walker.ReadDataAsync(size, cancellation));

    /// <summary>
    /// Reads what is left, so that damage shows. An xz file is not decoded for that, which would take several times as long as all
    /// the rest: <see cref="CheckEnd"/> looks at its index instead.
    /// </summary>
    public Task ReadToEndAsync(CancellationToken cancellation) => format is CompressionFormat.Xz
        ? Task.CompletedTask
        : GuardAsync(async () =>
        {
            await content.CopyToAsync(Stream.Null, 1 << 17, cancellation);
            return true;
        });

    /// <summary>Whether the file, for all that its end tells, is whole. To be called when all of it has passed.</summary>
    /// <param name="file">The same file.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="StapesException">The file is cut off.</exception>
    public void CheckEnd(SafeFileHandle file, CancellationToken cancellation)
    {
        if (format is CompressionFormat.Xz && XzIntegrity.FindFault(file, cancellation) is { } fault)
            throw Damaged(fault);
        if (format is not CompressionFormat.None)
            return;
        // A tar archive is made of whole blocks and ends with one of zeros.
        var block = new byte[BlockSize];
        var length = RandomAccess.GetLength(file);
        var whole = length % BlockSize == 0 && length >= 2 * BlockSize
            && RandomAccess.Read(file, block, length - BlockSize) == BlockSize
            && !block.AsSpan().ContainsAnyExcept((byte)0);
        if (!whole)
            throw Damaged("the archive has no end");
    }

    /// <summary>The check that the first decompressed bytes are a tar header.</summary>
    public async Task RequireTarAsync(CancellationToken cancellation)
    {
        var block = new byte[BlockSize];
        var length = await GuardAsync(() => content.ReadAtLeastAsync(block, BlockSize, throwOnEndOfStream: false, cancellation).AsTask());
        if (length < BlockSize || !TarHeader.IsHeader(block))
            throw new StapesException(ErrorKind.Invalid, $"{Name} is compressed, but holds no tar archive; pack the root file system with tar, or give a squashfs or qcow2");
    }

    public ValueTask DisposeAsync() => content.DisposeAsync();

    private async Task<T> GuardAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Invalid && !e.Message.StartsWith(Name, StringComparison.Ordinal))
        {
            throw Damaged(e.Message);
        }
        catch (EndOfStreamException)
        {
            throw Damaged("it ends inside an entry");
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException)
        {
            throw Damaged("a tar header is wrong");
        }
    }

    private StapesException Damaged(string how) => new(ErrorKind.Invalid, $"{Name} is damaged: {how.TrimEnd('.')}; make or copy it again");
}
