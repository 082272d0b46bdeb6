namespace Stapes.Core.Compression;

/// <summary>Opens compressed files for reading.</summary>
public static class Decompressor
{
    /// <summary>Memory that xz and lzma decoding may take, in bytes; what <c>xz -9</c> makes needs 65 MiB.</summary>
    public const long MemoryLimit = 512L * 1024 * 1024;

    /// <summary>
    /// A forward-only stream of what <paramref name="source"/> holds from its current position to its end, decompressed as it is read.
    /// Concatenated members come out as one (not for lzma, which has none). Nothing is read before the first read.
    /// </summary>
    /// <param name="format">The format of the source; <see cref="CompressionFormat.None"/> passes the bytes through.</param>
    /// <param name="source">The compressed bytes; read ahead in pieces of up to 64 KiB.</param>
    /// <param name="leaveOpen">Leave the source open when the result is disposed of.</param>
    /// <param name="threads">
    /// For xz with several blocks: how many may be decoded at once, each in memory of its own (which counts towards the limit). One
    /// thread is the cheapest way to read the start of a file.
    /// </param>
    /// <returns>
    /// A stream whose reads throw <see cref="StapesException"/> of kind <see cref="ErrorKind.Invalid"/> where the data is truncated or
    /// corrupt, or needs more memory than <see cref="MemoryLimit"/> (zstd: a window of 128 MiB). What was read before may
    /// be damaged too: only the end of the stream (a read of 0 bytes) says that all was whole. Bytes behind the end that are no further
    /// member are an error, except for gzip, which ignores them as gzip(1) does.
    /// </returns>
    /// <exception cref="StapesException"><see cref="ErrorKind.Unavailable"/>: liblzma is needed and missing.</exception>
    public static Stream Open(CompressionFormat format, Stream source, bool leaveOpen, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (!Enum.IsDefined(format))
            throw new ArgumentOutOfRangeException(nameof(format), format, message: null);
        if (format is CompressionFormat.Xz or CompressionFormat.Lzma)
            return new LzmaDecodeStream(LzmaCoder.Decoder(format, threads), format, source, leaveOpen);

        var bytes = new SourceStream(source, leaveOpen);
        return format is CompressionFormat.None ? bytes : new LibraryDecodeStream(format, bytes);
    }
}
