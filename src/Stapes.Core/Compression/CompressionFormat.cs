namespace Stapes.Core.Compression;

/// <summary>How the tar archive of an image is compressed: the forms that Incus unpacks.</summary>
public enum CompressionFormat
{
    /// <summary>A plain tar archive.</summary>
    None,

    /// <summary>RFC 1952.</summary>
    Gzip,

    /// <summary>The format of bzip2 1.0.</summary>
    Bzip2,

    /// <summary>The .xz file format.</summary>
    Xz,

    /// <summary>The older .lzma format ("LZMA alone").</summary>
    Lzma,

    /// <summary>RFC 8878.</summary>
    Zstd,
}

public static class CompressionFormatNames
{
    /// <summary>The extension that a tar archive in this format usually has, with its dots: <c>.tar.xz</c>.</summary>
    public static string FileExtension(this CompressionFormat format) => format switch
    {
        CompressionFormat.None => ".tar",
        CompressionFormat.Gzip => ".tar.gz",
        CompressionFormat.Bzip2 => ".tar.bz2",
        CompressionFormat.Xz => ".tar.xz",
        CompressionFormat.Lzma => ".tar.lzma",
        CompressionFormat.Zstd => ".tar.zst",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, message: null),
    };

    /// <summary>The name that messages use.</summary>
    internal static string Name(this CompressionFormat format) => format switch
    {
        CompressionFormat.None => "tar",
        CompressionFormat.Gzip => "gzip",
        CompressionFormat.Bzip2 => "bzip2",
        CompressionFormat.Xz => "xz",
        CompressionFormat.Lzma => "lzma",
        CompressionFormat.Zstd => "zstd",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, message: null),
    };
}
