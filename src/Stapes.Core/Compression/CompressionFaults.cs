namespace Stapes.Core.Compression;

/// <summary>The failures that compressed data can cause, in the same words for every format.</summary>
internal static class CompressionFaults
{
    public static StapesException Truncated(CompressionFormat format, Exception? inner = null) =>
        new(ErrorKind.Invalid, $"The {format.Name()} data ends too early: the file is truncated", inner);

    public static StapesException Corrupt(CompressionFormat format, Exception? inner = null) =>
        new(ErrorKind.Invalid, $"The {format.Name()} data is corrupt: fetch or build the file again", inner);

    public static StapesException Foreign(CompressionFormat format) =>
        new(ErrorKind.Invalid, $"The data is not in the {format.Name()} format");

    public static StapesException Unsupported(CompressionFormat format) =>
        new(ErrorKind.Invalid, $"liblzma does not support the options of the {format.Name()} data: compress it again with default ones");

    public static StapesException NeedsMemory(CompressionFormat format, string limit) =>
        new(
            ErrorKind.Invalid,
            $"Decompressing the {format.Name()} data needs more than {limit}: compress it again with a smaller dictionary");

    public static StapesException OutOfMemory() =>
        new(ErrorKind.Unavailable, "liblzma could not allocate its memory: free some memory or use a lower preset");

    public static StapesException NoLibLzma(Exception inner) =>
        new(
            ErrorKind.Unavailable,
            "Cannot load liblzma.so.5, which reads and writes xz and lzma: install it (Debian package liblzma5)",
            inner);
}
