using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Stapes.Core.Images;

/// <summary>
/// Steps through the headers of a tar stream, of every dialect (v7, ustar, pax, GNU with long names and sparse files), and reads no
/// more of the data than asked for. Source: POSIX.1-2017 pax, «ustar Interchange Format»; GNU tar manual, «Basic Tar Format».
/// </summary>
internal sealed class TarWalker(Stream stream)
{
    private const int BlockSize = 512;

    /// <summary>Long names and pax records beyond this are no honest archive.</summary>
    private const int MaxRecord = 1 << 20;

    private readonly byte[] block = new byte[BlockSize];
    private readonly byte[] skipped = new byte[1 << 16];
    private long unread;

    /// <summary>An entry: its path as written, its type flag, the length of its data in the archive in bytes.</summary>
    public readonly record struct Entry(string Name, char Type, long Size)
    {
        public bool IsFile => Type is '0' or '\0' or '7';
    }

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

    /// <summary>The next entry, or null at the end of the archive; the data of the last one is skipped.</summary>
    /// <exception cref="InvalidDataException">A header is damaged.</exception>
    /// <exception cref="EndOfStreamException">The stream ends inside an entry.</exception>
    public async Task<Entry?> NextAsync(CancellationToken cancellation)
    {
        string? longName = null;
        long? longSize = null;
        while (true)
        {
            await SkipAsync(cancellation);
            // The end is a block of zeros, or, from careless writers, nothing at all.
            var length = await stream.ReadAtLeastAsync(block, BlockSize, throwOnEndOfStream: false, cancellation);
            if (length == 0 || !block.AsSpan(0, length).ContainsAnyExcept((byte)0))
                return null;
            if (length < BlockSize)
                throw new EndOfStreamException();
            if (!IsHeader(block) || !TryReadNumber(block.AsSpan(124, 12), out var size) || size < 0)
                throw new InvalidDataException();

            var type = (char)block[156];
            if (type is 'L' or 'x' or 'g' or 'K')
            {
                unread = Padded(size);
                if (type is 'g' or 'K')
                    continue;
                var record = await ReadDataAsync(size, cancellation);
                if (type is 'L')
                    longName = Text(record);
                else
                    ReadPax(record, ref longName, ref longSize);
                continue;
            }

            var name = longName ?? ShortName();
            size = longSize ?? size;
            if (type is 'S')
                await SkipSparseHeadersAsync(cancellation);
            // Links, devices and directories have no data, whatever their size says.
            unread = type is >= '1' and <= '6' ? 0 : Padded(size);
            return new(name, type, size);
        }
    }

    /// <summary>The data of the current entry.</summary>
    /// <param name="size">Its size, at most 1 MiB.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<byte[]> ReadDataAsync(long size, CancellationToken cancellation)
    {
        if (size > MaxRecord)
            throw new InvalidDataException();
        var data = new byte[size];
        await stream.ReadExactlyAsync(data, cancellation);
        unread -= size;
        return data;
    }

    private static long Padded(long size) => checked((size + BlockSize - 1) / BlockSize * BlockSize);

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? field : field[..end]);
    }

    /// <summary>Octal digits between blanks, or, where the top bit is set, a big-endian number (GNU's base-256).</summary>
    private static bool TryReadNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
        {
            // Of such numbers the archive has only positive ones; beyond 64 bits there is none.
            value = BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return field[0] == 0x80 && (field.Length <= 8 || !field[1..^8].ContainsAnyExcept((byte)0));
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

    /// <summary>Records of the form «length keyword=value\n».</summary>
    private static void ReadPax(ReadOnlySpan<byte> records, ref string? name, ref long? size)
    {
        var isSparse = false;
        while (records.Length > 0)
        {
            var blank = records.IndexOf((byte)' ');
            if (blank <= 0 || !int.TryParse(records[..blank], CultureInfo.InvariantCulture, out var length) || length <= blank + 1 || length > records.Length)
                throw new InvalidDataException();
            var record = records[(blank + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 0)
                throw new InvalidDataException();
            var key = record[..equals];
            var value = record[(equals + 1)..];
            // The path of a sparse file is a stand-in; its own name is in a record of GNU's.
            if ((key.SequenceEqual("path"u8) && !isSparse) || key.SequenceEqual("GNU.sparse.name"u8))
                (name, isSparse) = (Encoding.UTF8.GetString(value), key.Length > 4);
            else if (key.SequenceEqual("size"u8))
                size = long.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= 0 ? number : throw new InvalidDataException();
            records = records[length..];
        }
    }

    private string ShortName()
    {
        var name = Text(block.AsSpan(0, 100));
        // GNU's older magic «ustar  » uses the prefix field for other things.
        var hasPrefix = block.AsSpan(257, 6).SequenceEqual("ustar\0"u8) && block[345] != 0;
        return hasPrefix ? $"{Text(block.AsSpan(345, 155))}/{name}" : name;
    }

    private async Task SkipSparseHeadersAsync(CancellationToken cancellation)
    {
        var more = block[482] != 0;
        while (more)
        {
            await stream.ReadExactlyAsync(block, cancellation);
            more = block[504] != 0;
        }
    }

    private async Task SkipAsync(CancellationToken cancellation)
    {
        while (unread > 0)
        {
            var length = await stream.ReadAsync(skipped.AsMemory(0, (int)Math.Min(unread, skipped.Length)), cancellation);
            if (length == 0)
                throw new EndOfStreamException();
            unread -= length;
        }
    }
}
