using System.Globalization;
using System.Text;

namespace Stapes.Protocols.Oci.Images;

/// <summary>
/// Writes the headers of a tarball: ustar, with pax records where its fields are too small. Equal input gives equal bytes.
/// Source: POSIX.1-2017 pax, «ustar Interchange Format», «pax Extended Header»; star(5), SCHILY.xattr.
/// </summary>
internal sealed class RootEntryWriter(Stream target)
{
    private const int BlockSize = 512;
    private const int NameSize = 100;
    private const long MaxSize = 0x1_ffff_ffff;
    private const uint MaxId = 0x1f_ffff;

    private readonly byte[] block = new byte[BlockSize];

    /// <param name="path">The path from the root.</param>
    /// <param name="inode">What it is.</param>
    /// <param name="hardLink">The earlier path of the same file; null for none.</param>
    /// <param name="cancellation">Ends the writing.</param>
    public async Task WriteAsync(string path, RootInode inode, string? hardLink, CancellationToken cancellation)
    {
        var name = inode.IsDirectory ? $"{path}/" : path;
        var link = hardLink ?? inode.LinkTarget;
        var size = hardLink is null && inode.IsFile ? inode.Length : 0;
        var records = Records(name, link, size, inode, hardLink is not null);
        if (records.Length > 0)
        {
            Fill("././@PaxHeader", "", records.Length, 'x', new() { Type = '0', Mode = 0b110_100_100 });
            await target.WriteAsync(block, cancellation);
            await target.WriteAsync(records, cancellation);
            await PadAsync(records.Length, cancellation);
        }

        Fill(name, link, size, hardLink is not null ? '1' : inode.Type, inode);
        await target.WriteAsync(block, cancellation);
    }

    /// <summary>Fills up to a whole block after so many bytes of data.</summary>
    public async Task PadAsync(long size, CancellationToken cancellation)
    {
        Array.Clear(block);
        await target.WriteAsync(block.AsMemory(0, (int)(-size & (BlockSize - 1))), cancellation);
    }

    /// <summary>The end of the archive: two blocks of zeros.</summary>
    public async Task EndAsync(CancellationToken cancellation)
    {
        Array.Clear(block);
        await target.WriteAsync(block, cancellation);
        await target.WriteAsync(block, cancellation);
    }

    private static byte[] Records(string name, string link, long size, RootInode inode, bool isHardLink)
    {
        if (name.Length <= NameSize && link.Length <= NameSize && size <= MaxSize && inode is { UserId: <= MaxId, GroupId: <= MaxId, ExtendedAttributes.Count: 0 })
            return [];
        var records = new MemoryStream();
        if (name.Length > NameSize)
            Add("path", Encoding.Latin1.GetBytes(name));
        if (link.Length > NameSize)
            Add("linkpath", Encoding.Latin1.GetBytes(link));
        if (size > MaxSize)
            Add("size", Digits(size));
        if (inode.UserId > MaxId)
            Add("uid", Digits(inode.UserId));
        if (inode.GroupId > MaxId)
            Add("gid", Digits(inode.GroupId));
        foreach (var (key, value) in isHardLink ? [] : inode.ExtendedAttributes)
            Add($"SCHILY.xattr.{key}", value);
        return records.ToArray();

        void Add(string key, byte[] value)
        {
            // The length counts its own digits.
            var rest = key.Length + value.Length + 3;
            var length = rest + Digits(rest).Length;
            length = rest + Digits(length).Length;
            records.Write(Digits(length));
            records.Write(Encoding.Latin1.GetBytes($" {key}="));
            records.Write(value);
            records.WriteByte((byte)'\n');
        }
    }

    private static byte[] Digits(long number) => Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    private void Fill(string name, string link, long size, char type, RootInode inode)
    {
        Array.Clear(block);
        Encoding.Latin1.GetBytes(name.AsSpan(0, Math.Min(name.Length, NameSize)), block);
        Octal(100, 8, inode.Mode);
        Octal(108, 8, inode.UserId > MaxId ? 0 : inode.UserId);
        Octal(116, 8, inode.GroupId > MaxId ? 0 : inode.GroupId);
        Octal(124, 12, size > MaxSize ? 0 : size);
        Octal(136, 12, inode.ModifiedAt);
        block[156] = (byte)type;
        Encoding.Latin1.GetBytes(link.AsSpan(0, Math.Min(link.Length, NameSize)), block.AsSpan(157));
        "ustar\0"u8.CopyTo(block.AsSpan(257));
        "00"u8.CopyTo(block.AsSpan(263));
        Octal(329, 8, inode.DeviceMajor);
        Octal(337, 8, inode.DeviceMinor);
        block.AsSpan(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var value in block)
            sum += value;
        Octal(148, 7, sum);
    }

    /// <summary>Octal digits with zeros before them and one byte of zero behind.</summary>
    private void Octal(int offset, int length, long number)
    {
        for (var i = offset + length - 2; i >= offset; i--, number >>= 3)
            block[i] = (byte)('0' + (number & 7));
        block[offset + length - 1] = 0;
    }
}
