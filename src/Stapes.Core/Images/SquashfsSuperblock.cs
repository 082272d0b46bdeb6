using System.Buffers.Binary;

namespace Stapes.Core.Images;

/// <summary>The first 96 bytes of a SquashFS 4.0 file system, all little-endian. Source: Linux, <c>fs/squashfs/squashfs_fs.h</c>.</summary>
internal static class SquashfsSuperblock
{
    private const int Size = 96;

    public static bool Matches(ReadOnlySpan<byte> header) => header.StartsWith("hsqs"u8);

    /// <param name="header">The first bytes of the file.</param>
    /// <param name="length">The length of the file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="StapesException">Another version, or bytes are missing at the end.</exception>
    public static void Check(ReadOnlySpan<byte> header, long length, string file)
    {
        if (header.Length < Size)
            throw Truncated(file, Size, length);
        var version = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (version != 4)
            throw new StapesException(ErrorKind.Invalid, $"{file} is squashfs version {version}, which no current kernel mounts; make it again with mksquashfs 4");
        var used = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        if (used > (ulong)length)
            throw Truncated(file, used, length);
    }

    private static StapesException Truncated(string file, decimal expected, long length) =>
        new(ErrorKind.Invalid, $"{file} is cut off: its squashfs has {expected} bytes, the file {length}; copy or download it again");
}
