using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace Stapes.EndToEnd.Images;

/// <summary>Makes images without any other program's help: a metadata tarball and a root tarball whose one file is random.</summary>
internal sealed class PlainImages(string directory)
{
    /// <param name="release">Images of one release are versions of one product.</param>
    /// <param name="rootSize">How many bytes the root holds; random, so no smaller when compressed.</param>
    public TestImage Create(string release, DateTimeOffset created, int rootSize)
    {
        var work = Directory.CreateDirectory(Path.Combine(directory, Path.GetRandomFileName())).FullName;
        var metadata = Path.Combine(work, "metadata.tar.gz");
        var root = Path.Combine(work, "root.tar.gz");
        // The description makes each metadata tarball another one.
        var yaml = Metadata.Yaml("Plain", release, created, Path.GetFileName(work));
        WriteTarball(metadata, "metadata.yaml", Encoding.UTF8.GetBytes(yaml));
        var content = new byte[rootSize];
        Random.Shared.NextBytes(content);
        WriteTarball(root, "content", content);
        return TestImage.From(release, BootableImages.Container, metadata, root);
    }

    private static void WriteTarball(string path, string name, byte[] content)
    {
        using var file = File.Create(path);
        using var compressed = new GZipStream(file, CompressionLevel.Fastest);
        using var tar = new TarWriter(compressed);
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
    }
}
