using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Stapes.Core.Images;

/// <summary>
/// The header and the cluster tables of a qcow2 disk, all big-endian: whether it is whole and stands alone.
/// Source: QEMU, <c>docs/interop/qcow2.txt</c>.
/// </summary>
internal static class QcowImage
{
    private const ulong OffsetMask = 0x00fffffffffffe00;
    private const ulong CompressedFlag = 1UL << 62;
    private const ulong ExternalDataFeature = 1 << 2;
    private const ulong ExtendedL2Feature = 1 << 4;
    private const int HeaderSize = 104;

    public static bool Matches(ReadOnlySpan<byte> header) => header is [(byte)'Q', (byte)'F', (byte)'I', 0xfb, ..];

    /// <param name="disk">The whole file.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <exception cref="StapesException">It is damaged or cut off, or needs another file.</exception>
    public static void Check(SafeFileHandle disk, string file)
    {
        var header = new byte[HeaderSize];
        var length = RandomAccess.GetLength(disk);
        Read(disk, 0, header, length, file);

        var version = Number32(header, 4);
        var clusterBits = (int)Number32(header, 20);
        var l1Size = Number32(header, 36);
        if (version is not (2 or 3) || clusterBits is < 9 or > 21 || l1Size > 4 << 20)
            throw Damaged(file);
        if (Number64(header, 8) != 0)
            throw new StapesException(ErrorKind.Invalid, $"{file} needs a backing file, which no client has; flatten it with `qemu-img convert -O qcow2`");
        var features = version == 3 ? Number64(header, 72) : 0;
        if ((features & ExternalDataFeature) != 0)
            throw new StapesException(ErrorKind.Invalid, $"{file} keeps its data in another file; join them with `qemu-img convert -O qcow2`");

        Need(Number64(header, 48), (ulong)Number32(header, 56) << clusterBits, length, file);
        var l1 = new byte[l1Size * 8];
        Read(disk, Number64(header, 40), l1, length, file);
        // Each table has its own place in the file: a file that names one again and again would be read for days.
        var tables = 0L;
        for (var i = 0; i < l1.Length; i += 8)
            tables += (Number64(l1, i) & OffsetMask) != 0 ? 1 : 0;
        if (tables << clusterBits > length)
            throw Damaged(file);
        var l2 = new byte[1 << clusterBits];
        var step = (features & ExtendedL2Feature) != 0 ? 16 : 8;
        for (var i = 0; i < l1.Length; i += 8)
        {
            if ((Number64(l1, i) & OffsetMask) is not 0 and var offset)
            {
                Read(disk, offset, l2, length, file);
                CheckClusters(l2, step, clusterBits, length, file);
            }
        }
    }

    private static void CheckClusters(byte[] l2, int step, int clusterBits, long length, string file)
    {
        for (var i = 0; i < l2.Length; i += step)
        {
            var entry = Number64(l2, i);
            if ((entry & CompressedFlag) != 0)
            {
                // A compressed cluster starts anywhere and may end in the middle of its last sector: only its start is certain.
                Need(entry & ((1UL << (62 - (clusterBits - 8))) - 1), 1, length, file);
            }
            else if ((entry & OffsetMask) is not 0 and var offset)
            {
                // The last cluster of a file may be short: what is missing reads as zeros.
                Need(offset, 1, length, file);
            }
        }
    }

    private static StapesException Damaged(string file) => new(ErrorKind.Invalid, $"{file} is a damaged qcow2; check it with `qemu-img check`");

    private static void Need(ulong offset, ulong count, long length, string file)
    {
        if (offset + count > (ulong)length || offset + count < offset)
        {
            throw new StapesException(ErrorKind.Invalid,
                $"{file} is cut off: its qcow2 needs at least {(decimal)offset + count} bytes, the file has {length}; copy or download it again");
        }
    }

    private static void Read(SafeFileHandle disk, ulong offset, byte[] buffer, long length, string file)
    {
        Need(offset, (ulong)buffer.Length, length, file);
        for (var done = 0; done < buffer.Length;)
            done += RandomAccess.Read(disk, buffer.AsSpan(done), (long)offset + done) is > 0 and var read ? read : throw new IOException($"{file} became shorter while it was read");
    }

    private static uint Number32(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset));

    private static ulong Number64(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(offset));
}
