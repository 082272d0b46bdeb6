namespace Stapes.Core.Compression;

/// <summary>
/// Tells the compression of a tar archive by its first bytes, with the answers of Incus (<c>archive.DetectCompressionFile</c>).
/// </summary>
public static class CompressionDetector
{
    /// <summary>How many bytes of the file a decision needs; a shorter file gives all that it has.</summary>
    public const int HeaderLength = 263;

    private const int UstarOffset = 257;

    /// <summary>
    /// The format of the file that starts with <paramref name="header"/>, or <c>null</c> when it is neither a plain tar archive nor
    /// compressed in a known way. Only the signature is looked at: what follows may still be damaged, or no tar archive.
    /// </summary>
    public static CompressionFormat? Detect(ReadOnlySpan<byte> header)
    {
        if (header.StartsWith("BZ"u8))
            return CompressionFormat.Bzip2;
        if (header.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]))
            return CompressionFormat.Gzip;

        // Incus takes the xz signature behind any other first byte for lzma.
        if (header.Length >= 5 && header[1..].StartsWith("7zXZ"u8))
            return header[0] == 0xfd ? CompressionFormat.Xz : CompressionFormat.Lzma;
        if (header.StartsWith((ReadOnlySpan<byte>)[0x5d, 0x00, 0x00]))
            return CompressionFormat.Lzma;
        if (header.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]))
            return CompressionFormat.Zstd;
        if (header.Length > UstarOffset && header[UstarOffset..].StartsWith("ustar"u8))
            return CompressionFormat.None;
        return null;
    }
}
