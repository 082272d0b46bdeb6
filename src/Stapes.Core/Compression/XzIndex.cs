using System.Buffers.Binary;

namespace Stapes.Core.Compression;

/// <summary>The index at the end of an .xz stream (file format 1.2.0, section 4): the size of each block.</summary>
internal ref struct XzIndex
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _position;

    private XzIndex(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The bytes that the blocks of the stream take in the file, or <c>null</c> when the index is corrupt.</summary>
    public static long? TotalBlockSize(ReadOnlySpan<byte> index)
    {
        if (index.Length < 8 || BinaryPrimitives.ReadUInt32LittleEndian(index[^4..]) != Crc32.Of(index[..^4]) || index[0] != 0)
            return null;
        return new XzIndex(index[1..^4]).Sum();
    }

    private long? Sum()
    {
        if (!TryReadInteger(out var count))
            return null;
        var total = 0L;
        for (var i = 0L; i < count; i++)
        {
            if (!TryReadInteger(out var unpaddedSize) || unpaddedSize > long.MaxValue - 3 || !TryReadInteger(out _))
                return null;
            total += (unpaddedSize + 3) & ~3L;
            if (total < 0)
                return null;
        }

        var padding = _bytes[_position..];
        return padding.Length < 4 && padding.IndexOfAnyExcept((byte)0) < 0 ? total : null;
    }

    /// <summary>Section 1.2: at most 63 bits, seven a byte, the lowest first.</summary>
    private bool TryReadInteger(out long value)
    {
        value = 0;
        for (var shift = 0; shift < 63 && _position < _bytes.Length; shift += 7)
        {
            var next = _bytes[_position++];
            value |= (long)(next & 0x7f) << shift;
            if (next < 0x80)
                return next != 0 || shift == 0;
        }

        return false;
    }
}
