using System.Formats.Tar;
using Stapes.Core.Compression;

namespace Stapes.Tests.Compression;

public sealed class CompressionDetectorTests
{
    [Theory]
    [InlineData(CompressionFormat.Gzip)]
    [InlineData(CompressionFormat.Bzip2)]
    [InlineData(CompressionFormat.Xz)]
    [InlineData(CompressionFormat.Lzma)]
    [InlineData(CompressionFormat.Zstd)]
    public void Every_compression_is_told_by_its_first_bytes(CompressionFormat format) =>
        CompressionDetector.Detect(Samples.Of(format)).ShouldBe(format);

    [Fact]
    public async Task A_plain_tar_archive_is_told_by_its_header()
    {
        var archive = new MemoryStream();
        await using (var tar = new TarWriter(archive, leaveOpen: true))
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "rootfs"), TestContext.Current.CancellationToken);

        var header = archive.ToArray().AsSpan(0, CompressionDetector.HeaderLength);

        CompressionDetector.Detect(header).ShouldBe(CompressionFormat.None);
        CompressionDetector.Detect(header[..^2]).ShouldBeNull();
    }

    [Fact]
    public void The_xz_signature_behind_another_first_byte_counts_as_lzma() =>
        CompressionDetector.Detect("?7zXZ"u8).ShouldBe(CompressionFormat.Lzma);

    [Theory]
    [InlineData("")]
    [InlineData("B")]
    [InlineData("hsqs and the rest of a squashfs image")]
    [InlineData("QFI\u00fb")]
    public void Other_files_are_no_tar_archives(string start) =>
        CompressionDetector.Detect(System.Text.Encoding.Latin1.GetBytes(start)).ShouldBeNull();

    [Theory]
    [InlineData(CompressionFormat.None, ".tar")]
    [InlineData(CompressionFormat.Gzip, ".tar.gz")]
    [InlineData(CompressionFormat.Bzip2, ".tar.bz2")]
    [InlineData(CompressionFormat.Xz, ".tar.xz")]
    [InlineData(CompressionFormat.Lzma, ".tar.lzma")]
    [InlineData(CompressionFormat.Zstd, ".tar.zst")]
    public void Every_format_has_its_usual_extension(CompressionFormat format, string extension) =>
        format.FileExtension().ShouldBe(extension);
}
