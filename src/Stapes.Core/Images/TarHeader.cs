using System.Buffers.Binary;
using System.Text;

namespace Stapes.Core.Images;

/// <summary>The fields of a header block. Source: POSIX.1-2017 pax, «ustar Interchange Format»; GNU tar manual, «Basic Tar Format».</summary>
internal static class TarHeader
{
    public const int BlockSize = 512;

    /// <summary>Whether a block is a tar header: its checksum is right, counted signed or unsigned.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> header)
    {
        if (header.Length < BlockSize || !TryReadNumber(header[148..156], out var expected))
            return false;
        long unsigned = 0, signed = 0;
        for (var i = 0; i < BlockSize; i++)
        {
            var value = i is >= 148 and < 156 ? (byte)' ' : header[i];
            unsigned += value;
            signed += (sbyte)value;
        }

        return expected == unsigned || expected == signed;
    }

    /// <summary>The bytes before the first zero.</summary>
    public static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>The path, put together from both of its fields.</summary>
    public static string Name(ReadOnlySpan<byte> header)
    {
        var name = Text(header[..100]);
        // GNU's older magic «ustar  » uses the prefix field for other things.
        var hasPrefix = header.Slice(257, 6).SequenceEqual("ustar\0"u8) && header[345] != 0;
        return hasPrefix ? $"{Text(header.Slice(345, 155))}/{name}" : name;
    }

    /// <summary>Octal digits between blanks, or, where the top bit is set, a big-endian number of two's complement (GNU's base-256).</summary>
    /// <exception cref="InvalidDataException">It is neither, or has more than 64 bits.</exception>
    public static long Number(ReadOnlySpan<byte> field) => TryReadNumber(field, out var value) ? value : throw new InvalidDataException();

    public static bool TryReadNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
        {
            // The top bit is the mark; the one below it the sign.
            var fill = (field[0] & 0x40) != 0 ? (byte)0xff : (byte)0;
            var first = (byte)(fill == 0 ? field[0] & 0x7f : field[0]);
            value = field.Length <= 8 ? ReadShort(field, first) : BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return field.Length <= 8
                || (first == fill && !field[1..^8].ContainsAnyExcept(fill) && value < 0 == (fill != 0));
        }

        field = field.Trim(" \0"u8);
        var end = field.IndexOf((byte)0);
        foreach (var digit in end < 0 ? field : field[..end])
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return false;
            value = (value << 3) | (uint)(digit - '0');
        }

        return true;
    }

    private static long ReadShort(ReadOnlySpan<byte> field, byte first)
    {
        long value = (sbyte)first;
        foreach (var next in field[1..])
            value = (value << 8) | next;
        return value;
    }
}
