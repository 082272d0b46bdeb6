using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Stapes.Core.Images;
using Stapes.Protocols.Oci;
using Stapes.Protocols.Oci.Images;
using ZstdSharp;

namespace Stapes.Tests.Protocols.Oci.Images;

/// <summary>Makes a layer, entry by entry.</summary>
internal sealed class LayerBuilder
{
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    private readonly List<TarEntry> entries = [];

    public LayerBuilder File(string name, string content = "", int mode = 0b110_100_100, int user = 0, int group = 0, IReadOnlyDictionary<string, string>? attributes = null) =>
        Add(TarEntryType.RegularFile, name, mode, user, group, e => e.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), attributes);

    public LayerBuilder Directory(string name, int mode = 0b111_101_101, int user = 0, int group = 0) => Add(TarEntryType.Directory, name, mode, user, group);

    public LayerBuilder Link(string name, string target) => Add(TarEntryType.SymbolicLink, name, 0b111_111_111, 0, 0, e => e.LinkName = target);

    public LayerBuilder HardLink(string name, string target) => Add(TarEntryType.HardLink, name, 0b110_100_100, 0, 0, e => e.LinkName = target);

    public LayerBuilder Device(string name, int major, int minor) => Add(TarEntryType.CharacterDevice, name, 0b110_110_110, 0, 0, e => (e.DeviceMajor, e.DeviceMinor) = (major, minor));

    public LayerBuilder Fifo(string name) => Add(TarEntryType.Fifo, name, 0b110_000_000, 0, 0);

    /// <summary>The tarball.</summary>
    public byte[] Build()
    {
        var stream = new MemoryStream();
        using (var tar = new TarWriter(stream, TarEntryFormat.Pax, leaveOpen: true))
            entries.ForEach(tar.WriteEntry);
        return stream.ToArray();
    }

    public ImageLayer Layer() => Layer(Build());

    public static ImageLayer Layer(byte[] tarball, byte[]? stored = null) => new(DigestOf(stored ?? tarball), DigestOf(tarball), _ => ValueTask.FromResult<Stream>(new MemoryStream(stored ?? tarball)));

    public static byte[] Gzip(byte[] content)
    {
        var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Fastest))
            gzip.Write(content);
        return target.ToArray();
    }

    public static byte[] Zstd(byte[] content)
    {
        using var compressor = new Compressor();
        return compressor.Wrap(content).ToArray();
    }

    public static OciDigest DigestOf(byte[] bytes) => OciDigest.From(Sha256Digest.FromBytes(SHA256.HashData(bytes)));

    private LayerBuilder Add(TarEntryType type, string name, int mode, int user, int group, Action<PaxTarEntry>? more = null, IReadOnlyDictionary<string, string>? attributes = null)
    {
        var entry = new PaxTarEntry(type, name, attributes?.ToDictionary(static a => $"SCHILY.xattr.{a.Key}", static a => a.Value) ?? [])
        {
            Mode = (UnixFileMode)mode,
            Uid = user,
            Gid = group,
            ModificationTime = Time,
        };
        more?.Invoke(entry);
        entries.Add(entry);
        return this;
    }
}
