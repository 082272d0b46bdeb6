using System.Buffers.Binary;

namespace Stapes.Core.Compression;

/// <summary>
/// The end of a bzip2 stream: 48 bits that read 0x177245385090 (the square root of pi), 32 bits of CRC, and up to 7 bits to fill the byte.
/// </summary>
internal static class Bzip2Footer
{
    private const ulong Magic = 0x177245385090;

    /// <summary>
    /// Whether a file that ends with <paramref name="tail"/> (11 bytes, or all there are) ends with a complete bzip2 stream.
    /// SharpCompress takes a further stream that is cut off right behind its "BZh" for the end of the file.
    /// </summary>
    public static bool Ends(ReadOnlySpan<byte> tail)
    {
        Span<byte> wide = stackalloc byte[16];
        wide.Clear();
        tail.CopyTo(wide[^tail.Length..]);
        var bits = BinaryPrimitives.ReadUInt128BigEndian(wide);
        for (var fill = 0; fill < 8; fill++)
        {
            if ((ulong)(bits >> (32 + fill)) % (1UL << 48) == Magic)
                return true;
        }

        return false;
    }
}
