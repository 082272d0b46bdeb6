namespace Stapes.Core.Images;

/// <summary>
/// Steps through the entries of a tar stream, of every dialect (v7, ustar, pax, GNU with long names and sparse files), and reads no
/// more of the data than asked for.
/// </summary>
/// <remarks>
/// All methods throw <see cref="InvalidDataException"/> (or <see cref="OverflowException"/>) where a header is damaged, and
/// <see cref="EndOfStreamException"/> where the stream ends inside an entry.
/// </remarks>
public sealed class TarWalker(Stream stream)
{
    /// <summary>Long names, pax records (all of one entry together) and maps of holes beyond this are no honest archive.</summary>
    private const int MaxRecord = 1 << 20;

    private readonly byte[] block = new byte[TarHeader.BlockSize];
    private byte[]? pump;
    private long data;
    private long padding;
    private long recorded;
    private SparseMap? sparse;

    private byte[] Pump => pump ??= GC.AllocateUninitializedArray<byte>(1 << 16);

    /// <summary>The next entry, or null at the end of the archive; the data of the last one is skipped.</summary>
    public async Task<TarMember?> NextAsync(CancellationToken cancellation)
    {
        var records = new PaxRecords();
        recorded = 0;
        while (true)
        {
            await SkipAsync(cancellation);
            // The end is a block of zeros, or, from careless writers, nothing at all.
            var length = await stream.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellation);
            if (length == 0 || !block.AsSpan(0, length).ContainsAnyExcept((byte)0))
                return null;
            if (length < block.Length)
                throw new EndOfStreamException();
            if (!TarHeader.IsHeader(block))
                throw new InvalidDataException();

            var size = TarHeader.Number(block.AsSpan(124, 12));
            switch ((char)block[156])
            {
                case 'x':
                    records.Add(await ReadRecordAsync(size, cancellation));
                    break;
                case 'L':
                    records.SetLongName(TarHeader.Text(await ReadRecordAsync(size, cancellation)));
                    break;
                case 'K':
                    records.LinkName = TarHeader.Text(await ReadRecordAsync(size, cancellation));
                    break;
                case 'g':
                    SetData(size);
                    break;
                default:
                    return await ReadEntryAsync(records, cancellation);
            }
        }
    }

    /// <summary>The data of the current entry.</summary>
    /// <param name="size">Its size, at most 1 MiB.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public async Task<byte[]> ReadDataAsync(long size, CancellationToken cancellation)
    {
        if (size > MaxRecord || size > data)
            throw new InvalidDataException();
        var content = new byte[size];
        await stream.ReadExactlyAsync(content, cancellation);
        data -= size;
        return content;
    }

    /// <summary>Writes what the current entry's file holds, <see cref="TarMember.Length"/> bytes; holes as zeros.</summary>
    public async Task CopyDataAsync(Stream target, CancellationToken cancellation)
    {
        long position = 0;
        foreach (var (offset, length) in sparse?.Pieces ?? [(0, data)])
        {
            await WriteZerosAsync(target, offset - position, cancellation);
            await CopyAsync(target, length, cancellation);
            position = offset + length;
        }

        if (sparse is not null)
            await WriteZerosAsync(target, sparse.Length - position, cancellation);
    }

    private async Task<TarMember> ReadEntryAsync(PaxRecords records, CancellationToken cancellation)
    {
        var type = (char)block[156];
        var size = records.Size ?? TarHeader.Number(block.AsSpan(124, 12));
        var entry = Describe(type, size, records);
        // Links, devices and directories have no data, whatever their size says.
        SetData(type is >= '1' and <= '6' ? 0 : size);
        sparse = await ReadSparseMapAsync(type, records, cancellation);
        return sparse is null ? entry : entry with { Size = data, Length = sparse.Length };
    }

    private TarMember Describe(char type, long size, PaxRecords records)
    {
        var header = block.AsSpan();
        var isDevice = type is '3' or '4';
        return new()
        {
            Name = records.Name ?? TarHeader.Name(header),
            Type = type,
            Size = size,
            Length = size,
            LinkName = records.LinkName ?? TarHeader.Text(header.Slice(157, 100)),
            Mode = (int)(TarHeader.Number(header.Slice(100, 8)) & 0xfff),
            UserId = records.UserId ?? TarHeader.Number(header.Slice(108, 8)),
            GroupId = records.GroupId ?? TarHeader.Number(header.Slice(116, 8)),
            ModifiedAt = records.ModifiedAt ?? TarHeader.Number(header.Slice(136, 12)),
            DeviceMajor = isDevice ? TarHeader.Number(header.Slice(329, 8)) : 0,
            DeviceMinor = isDevice ? TarHeader.Number(header.Slice(337, 8)) : 0,
            ExtendedAttributes = records.ExtendedAttributes,
        };
    }

    private async Task<SparseMap?> ReadSparseMapAsync(char type, PaxRecords records, CancellationToken cancellation)
    {
        if (type is 'S')
        {
            var length = TarHeader.Number(block.AsSpan(483, 12));
            return SparseMap.From(await ReadOldMapAsync(cancellation), length, data);
        }

        if (records.SparseLength is not { } sparseLength)
            return null;
        return SparseMap.From(records.SparseMapInData ? await ReadMapInDataAsync(cancellation) : records.SparseNumbers, sparseLength, data);
    }

    /// <summary>GNU's old format: four pieces in the header, 21 in each of the blocks that follow.</summary>
    private async Task<List<long>> ReadOldMapAsync(CancellationToken cancellation)
    {
        var numbers = new List<long>();
        var more = AddPieces(start: 386, count: 4);
        while (more)
        {
            await stream.ReadExactlyAsync(block, cancellation);
            more = AddPieces(start: 0, count: 21);
            if (numbers.Count > MaxRecord / 24)
                throw new InvalidDataException();
        }

        return numbers;

        bool AddPieces(int start, int count)
        {
            for (var i = 0; i < 2 * count && block[start + (12 * i)] != 0; i++)
                numbers.Add(TarHeader.Number(block.AsSpan(start + (12 * i), 12)));
            return block[start + (24 * count)] != 0;
        }
    }

    /// <summary>Format 1.0: decimal numbers, each with a line of its own, how many pieces first; filled up to whole blocks.</summary>
    private async Task<List<long>> ReadMapInDataAsync(CancellationToken cancellation)
    {
        var numbers = new List<long>();
        var wanted = 1L;
        long number = 0;
        for (var read = 0; numbers.Count < wanted; read += block.Length)
        {
            if (read >= MaxRecord || data < block.Length)
                throw new InvalidDataException();
            await stream.ReadExactlyAsync(block, cancellation);
            data -= block.Length;
            for (var i = 0; i < block.Length && numbers.Count < wanted; i++)
            {
                if (block[i] is >= (byte)'0' and <= (byte)'9')
                {
                    number = checked((number * 10) + block[i] - '0');
                    continue;
                }

                if (block[i] != '\n')
                    throw new InvalidDataException();
                numbers.Add(number);
                if (numbers.Count == 1)
                    wanted = number <= MaxRecord ? 1 + (2 * number) : throw new InvalidDataException();
                number = 0;
            }
        }

        return numbers[1..];
    }

    private async Task<byte[]> ReadRecordAsync(long size, CancellationToken cancellation)
    {
        SetData(size);
        recorded += size;
        return recorded <= MaxRecord ? await ReadDataAsync(size, cancellation) : throw new InvalidDataException();
    }

    private void SetData(long size)
    {
        if (size is < 0 or > long.MaxValue - TarHeader.BlockSize)
            throw new InvalidDataException();
        (data, padding, sparse) = (size, -size & (TarHeader.BlockSize - 1), null);
    }

    private async Task CopyAsync(Stream target, long length, CancellationToken cancellation)
    {
        while (length > 0)
        {
            var read = await ReadSomeAsync(length, cancellation);
            await target.WriteAsync(Pump.AsMemory(0, read), cancellation);
            length -= read;
            data -= read;
        }
    }

    private async Task WriteZerosAsync(Stream target, long length, CancellationToken cancellation)
    {
        if (length > 0)
            Array.Clear(Pump);
        for (; length > 0; length -= Pump.Length)
            await target.WriteAsync(Pump.AsMemory(0, (int)Math.Min(length, Pump.Length)), cancellation);
    }

    private async Task SkipAsync(CancellationToken cancellation)
    {
        for (var unread = data + padding; unread > 0;)
            unread -= await ReadSomeAsync(unread, cancellation);
        data = padding = 0;
    }

    private async Task<int> ReadSomeAsync(long wanted, CancellationToken cancellation)
    {
        var read = await stream.ReadAsync(Pump.AsMemory(0, (int)Math.Min(wanted, Pump.Length)), cancellation);
        return read > 0 ? read : throw new EndOfStreamException();
    }
}
