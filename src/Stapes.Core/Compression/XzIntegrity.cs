using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Compression;

/// <summary>Finds truncated .xz files without decompressing them.</summary>
public static class XzIntegrity
{
    /// <summary>Some two million blocks; xz makes one for every 192 MiB at its highest preset.</summary>
    public const int MaxIndexLength = 16 * 1024 * 1024;

    private const int HeaderLength = 12;
    private const int FooterLength = 12;

    /// <summary>
    /// Walks over the streams of the file from its end to its start, by their footers, indexes and headers (.xz file format 1.2.0,
    /// section 2), and checks that they account for every byte. It reads a few hundred bytes of a usual file.
    /// </summary>
    /// <returns>
    /// <c>null</c> when the frame of the file is whole, otherwise what is wrong, as a sentence without a full stop. The blocks are not
    /// looked at: damage inside them shows only when they are decompressed. An index above <see cref="MaxIndexLength"/> counts as wrong.
    /// </returns>
    /// <param name="file">Open for random access; must not change meanwhile.</param>
    /// <param name="cancellationToken">Stops between reads.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string? FindFault(SafeFileHandle file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        var end = RandomAccess.GetLength(file);
        if (end == 0)
            return "The file is empty";
        if (end % 4 != 0)
            return "The xz data ends too early: its size is not a multiple of four bytes";
        do
        {
            var fault = FindFaultInLastStream();
            if (fault is not null)
                return fault;
        }
        while (end > 0);
        return null;

        string? FindFaultInLastStream()
        {
            end = SkipPadding(file, end, cancellationToken);
            if (end < HeaderLength + FooterLength + 8)
                return "The xz data ends too early: there is no whole stream";

            var footer = Read(file, end - FooterLength, FooterLength, cancellationToken);
            if (!footer.AsSpan(10).SequenceEqual("YZ"u8))
                return "The xz data ends too early: it has no stream footer";
            if (BinaryPrimitives.ReadUInt32LittleEndian(footer) != Crc32.Of(footer.AsSpan(4, 6)))
                return "The xz stream footer is corrupt";

            var indexLength = (BinaryPrimitives.ReadUInt32LittleEndian(footer.AsSpan(4)) + 1L) * 4;
            var indexStart = end - FooterLength - indexLength;
            if (indexStart < HeaderLength)
                return "The xz data is incomplete: its index would start before the file";
            if (indexLength > MaxIndexLength)
                return $"The xz index has {indexLength} bytes, more than the {MaxIndexLength} that are supported";
            var index = Read(file, indexStart, (int)indexLength, cancellationToken);
            if (XzIndex.TotalBlockSize(index) is not { } blocks)
                return "The xz index is corrupt";
            if (indexStart - HeaderLength < blocks)
                return $"The xz data is incomplete: its index counts {blocks} bytes of blocks, the file has {indexStart - HeaderLength}";

            var start = indexStart - blocks - HeaderLength;
            var header = Read(file, start, HeaderLength, cancellationToken);
            if (!IsHeader(header, flags: footer.AsSpan(8, 2)))
                return $"The xz data is incomplete: there is no matching stream header at byte {start}";
            end = start;
            return null;
        }
    }

    private static bool IsHeader(ReadOnlySpan<byte> header, ReadOnlySpan<byte> flags) =>
        header.StartsWith((ReadOnlySpan<byte>)[0xfd, .. "7zXZ"u8, 0x00])
        && header[6..8].SequenceEqual(flags)
        && BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) == Crc32.Of(header[6..8]);

    /// <summary>Section 2.2: zeros behind a stream, by fours. Answers where the stream before them ends.</summary>
    private static long SkipPadding(SafeFileHandle file, long end, CancellationToken cancellationToken)
    {
        while (end > 0)
        {
            var length = (int)Math.Min(end, 4096);
            var bytes = Read(file, end - length, length, cancellationToken);
            var last = bytes.AsSpan().LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
                return end - ((length - 1 - last) & ~3);
            end -= length;
        }

        return end;
    }

    private static byte[] Read(SafeFileHandle file, long offset, int length, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var bytes = new byte[length];
        var done = 0;
        while (done < length)
        {
            var count = RandomAccess.Read(file, bytes.AsSpan(done), offset + done);
            if (count == 0)
                throw new IOException("The file became shorter while it was read");
            done += count;
        }

        return bytes;
    }
}
