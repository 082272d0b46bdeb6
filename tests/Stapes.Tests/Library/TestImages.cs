using System.Formats.Tar;
using System.Text;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Tests.Library;

/// <summary>Small whole images.</summary>
internal static class TestImages
{
    /// <summary>The metadata of a container; different serials make different files.</summary>
    public static byte[] Metadata(string serial, string architecture = "x86_64") => Tar(("metadata.yaml", Encoding.UTF8.GetBytes(
        $"architecture: {architecture}\ncreation_date: 1700000000\nproperties:\n  os: Test\n  serial: \"{serial}\"\n")));

    /// <summary>A root file system as a tarball.</summary>
    public static byte[] Root(string content, int size = 0) => Tar(("etc/issue", Encoding.UTF8.GetBytes(content)), ("data", new byte[size]));

    public static byte[] Unified(string serial, string architecture = "x86_64") => Tar(
        ("metadata.yaml", Encoding.UTF8.GetBytes($"architecture: {architecture}\ncreation_date: 1700000000\nproperties:\n  serial: \"{serial}\"\n")),
        ("rootfs/etc/issue", Encoding.UTF8.GetBytes(serial)));

    public static ImageUpload Upload(byte[] metadata, byte[]? root = null) => new(
        new("metadata.tar", new MemoryStream(metadata)),
        root is null ? null : new("rootfs.tar", new MemoryStream(root)));

    public static ImageUpload Upload(string serial, string architecture = "x86_64") => Upload(Unified(serial, architecture));

    /// <summary>A record as the catalogue takes it, of files that exist nowhere.</summary>
    public static Image Record(int number, string architecture = "x86_64") => new()
    {
        Fingerprint = Digest($"image {number}"),
        Type = ImageType.Container,
        Architecture = Architecture.Parse(architecture),
        CreatedAt = DateTimeOffset.UnixEpoch,
        UploadedAt = DateTimeOffset.UnixEpoch.AddDays(1),
        MetadataFile = new(Digest($"metadata {number}"), 100 + number, ".tar.xz"),
        RootFile = new(Digest($"root {number}"), 1000 + number, ".squashfs"),
        RootFormat = RootFormat.Squashfs,
    };

    public static Sha256Digest Digest(string content) => Digest(Encoding.UTF8.GetBytes(content));

    public static Sha256Digest Digest(byte[] content) => Sha256Digest.FromBytes(System.Security.Cryptography.SHA256.HashData(content));

    private static byte[] Tar(params (string Name, byte[] Content)[] files)
    {
        using var buffer = new MemoryStream();
        using (var writer = new TarWriter(buffer, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (name, content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
                {
                    ModificationTime = DateTimeOffset.UnixEpoch,
                    DataStream = new MemoryStream(content),
                });
            }
        }

        return buffer.ToArray();
    }
}
