using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using SharpCompress.Compressors.BZip2;
using Stapes.Core.Compression;

namespace Stapes.Tests.Images;

/// <summary>Small images, made by hand, so that no test needs a tool.</summary>
internal static class SampleImage
{
    /// <summary>As <c>xz --format=lzma</c> makes it of a metadata.yaml and an empty rootfs.</summary>
    public static readonly byte[] LzmaUnified = Convert.FromBase64String(
        "XQAAgAD//////////wA2mUrul6GPTwqfPZ6at4Ajvx3WHaK5RuK369qPiY6RW6//OJNr16oksszlUJs9epQn41TAiHKhn0I4y6SyRiG48I+apl" +
        "b+PB5W97T4j+yDrw0gTEf4Cxu9eRSxgFp10NHolpDalqaMLbs9y08eiWMikZOkBCp3XoE1wGRzKuozt7/dSa1GWgwz1SaTq1mW6VMvHhlhX+zr" +
        "OjWZaCJhDCxkHOl4Zm8A+Ea4YbM24qganpLmhIOb54X0an2hTGJVFt6YBWfT6gxBFjqgXTJCR0SPVTsvEf+zbI7g");

    /// <summary>A metadata.yaml.</summary>
    public static string Yaml(
        string os = "Test", string release = "1", string variant = "default", string architecture = "x86_64", long created = 1_700_000_000, string more = "") =>
        $"architecture: {architecture}\ncreation_date: {created}\nproperties:\n  os: {os}\n  release: '{release}'\n  variant: {variant}\n{more}";

    /// <summary>A tar archive of plain files, and of directories where the name ends with a slash.</summary>
    public static byte[] Tar(params (string Name, string Content)[] files)
    {
        var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                var entry = new UstarTarEntry(name.EndsWith('/') ? TarEntryType.Directory : TarEntryType.RegularFile, name) { ModificationTime = DateTimeOffset.UnixEpoch };
                if (content.Length > 0)
                    entry.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content));
                writer.WriteEntry(entry);
            }
        }

        return archive.ToArray();
    }

    public static byte[] Metadata(string? yaml = null) => Compress(CompressionFormat.Xz, Tar(("metadata.yaml", yaml ?? Yaml())));

    public static byte[] Unified(string? yaml = null) => Compress(CompressionFormat.Gzip, Tar(("metadata.yaml", yaml ?? Yaml()), ("rootfs/", "")));

    public static byte[] UnifiedDisk(string? yaml = null) => Compress(CompressionFormat.Gzip, Tar(("metadata.yaml", yaml ?? Yaml()), ("rootfs.img", "disk")));

    public static byte[] Compress(CompressionFormat format, byte[] content)
    {
        if (format is CompressionFormat.None)
            return content;
        var file = new MemoryStream();
        using (Stream stream = format switch
        {
            CompressionFormat.Gzip => new GZipStream(file, CompressionLevel.SmallestSize, leaveOpen: true),
            CompressionFormat.Bzip2 => BZip2Stream.Create(file, SharpCompress.Compressors.CompressionMode.Compress, decompressConcatenated: false, leaveOpen: true),
            CompressionFormat.Zstd => new ZstdSharp.CompressionStream(file, leaveOpen: true),
            CompressionFormat.Xz => new XzEncodeStream(file, preset: 0, leaveOpen: true),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "Use the sample."),
        })
        {
            stream.Write(content);
        }

        return file.ToArray();
    }

    /// <summary>What stands at the start of a squashfs, and then the content.</summary>
    public static byte[] Squashfs(string content = "root", int version = 4)
    {
        byte[] file = [.. new byte[96], .. Encoding.UTF8.GetBytes(content), .. new byte[4096]];
        "hsqs"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(28), (ushort)version);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(40), (ulong)(96 + Encoding.UTF8.GetByteCount(content)));
        return file;
    }

    /// <summary>A qcow2 with the clusters header, refcount table, refcount block, L1, L2 and one of data; clusters of 64 KiB.</summary>
    public static byte[] Qcow2(string content = "disk", int version = 3)
    {
        const int Cluster = 65536;
        var file = new byte[6 * Cluster];
        var header = file.AsSpan();
        ((ReadOnlySpan<byte>)[(byte)'Q', (byte)'F', (byte)'I', 0xfb]).CopyTo(header);
        Number32(4, version);
        Number32(20, 16);
        Number64(24, 1 << 20);
        Number32(36, 1);
        Number64(40, 3 * Cluster);
        Number64(48, Cluster);
        Number32(56, 1);
        Number32(100, 104);
        Number64(Cluster, 2 * Cluster);
        Number64(3 * Cluster, (1L << 63) | (4 * Cluster));
        Number64(4 * Cluster, (1L << 63) | (5 * Cluster));
        Encoding.UTF8.GetBytes(content, header[(5 * Cluster)..]);
        return file;

        void Number32(int offset, int value) => BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(offset), value);

        void Number64(int offset, long value) => BinaryPrimitives.WriteInt64BigEndian(file.AsSpan(offset), value);
    }
}
