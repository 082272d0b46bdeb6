using System.Buffers.Binary;
using System.Security.Cryptography;
using CsCheck;
using Stapes.Core;
using Stapes.Core.Compression;
using Stapes.Core.Images;

namespace Stapes.Tests.Images;

[Collection(nameof(MeasuresMemory))]
public sealed class ImageReaderTests : IDisposable
{
    private const int Cluster = 65536;

    private readonly TemporaryDirectory directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<CompressionFormat> AllFormats => [.. Enum.GetValues<CompressionFormat>()];

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_split_container_is_read()
    {
        var (metadata, root) = (SampleImage.Metadata(), SampleImage.Squashfs());
        var image = await ReadAsync(metadata, root);

        image.Type.ShouldBe(ImageType.Container);
        image.Metadata.Properties["os"].ShouldBe("Test");
        image.RootFormat.ShouldBe(RootFormat.Squashfs);
        image.MetadataFile.ShouldBe(new ImageFile(Digest(metadata), metadata.Length, ".tar.xz"));
        image.RootFile.ShouldBe(new ImageFile(Digest(root), root.Length, ".squashfs"));
        image.Fingerprint.ShouldBe(Digest([.. metadata, .. root]));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_split_virtual_machine_is_read(int version)
    {
        var (metadata, root) = (SampleImage.Metadata(), SampleImage.Qcow2(version: version));
        var image = await ReadAsync(metadata, root);

        image.Type.ShouldBe(ImageType.VirtualMachine);
        image.RootFormat.ShouldBe(RootFormat.Qcow2);
        image.RootFile.ShouldBe(new ImageFile(Digest(root), root.Length, ".qcow2"));
        image.Fingerprint.ShouldBe(Digest([.. metadata, .. root]));
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public async Task Tarballs_are_read_in_every_compression(CompressionFormat format)
    {
        var file = format is CompressionFormat.Lzma
            ? SampleImage.LzmaUnified
            : SampleImage.Compress(format, SampleImage.Tar(("metadata.yaml", SampleImage.Yaml()), ("rootfs/", ""), ("rootfs/etc/motd", "Hello")));
        var unified = await ReadAsync(file, root: null);
        unified.Type.ShouldBe(ImageType.Container);
        unified.Fingerprint.ShouldBe(Digest(file));
        unified.MetadataFile.ShouldBe(new ImageFile(Digest(file), file.Length, format.FileExtension()));
        (unified.RootFile, unified.RootFormat).ShouldBe((null, null));

        var split = await ReadAsync(file, root: file);
        split.Type.ShouldBe(ImageType.Container);
        split.RootFormat.ShouldBe(RootFormat.Tarball);
        split.RootFile.ShouldBe(new ImageFile(Digest(file), file.Length, format.FileExtension()));
        split.Fingerprint.ShouldBe(Digest([.. file, .. file]));
    }

    [Theory]
    [InlineData("metadata.yaml", "rootfs/", ImageType.Container)]
    [InlineData("./metadata.yaml", "./rootfs/", ImageType.Container)]
    [InlineData("metadata.yaml", "rootfs/etc/motd", ImageType.Container)]
    [InlineData("metadata.yaml", "rootfs.img", ImageType.VirtualMachine)]
    [InlineData("./metadata.yaml", "./rootfs.img", ImageType.VirtualMachine)]
    public async Task A_unified_image_may_have_its_parts_in_any_order(string metadata, string root, ImageType type)
    {
        var content = root.EndsWith('/') ? "" : "content";
        foreach (var format in (CompressionFormat[])[CompressionFormat.None, CompressionFormat.Xz])
        {
            (await ReadAsync(SampleImage.Compress(format, SampleImage.Tar((metadata, SampleImage.Yaml()), (root, content), ("z", "z"))), null)).Type.ShouldBe(type);
            (await ReadAsync(SampleImage.Compress(format, SampleImage.Tar(("a", "a"), (root, content), (metadata, SampleImage.Yaml()))), null)).Type.ShouldBe(type);
        }
    }

    [Fact]
    public async Task Every_byte_is_copied_and_counted_once()
    {
        var (metadata, root) = (SampleImage.Metadata(), new byte[5_000_000]);
        new Random(1).NextBytes(root);
        SampleImage.Squashfs().CopyTo(root, 0);
        var (copies, passed) = ((MemoryStream[])[new(), new()], 0L);
        using var first = new Input(directory, "metadata", metadata, copies[0], n => passed += n);
        using var second = new Input(directory, "root", root, copies[1], n => passed += n);
        var image = await ImageReader.ReadAsync(first.Value, second.Value, Cancellation);

        copies[0].ToArray().AsSpan().SequenceEqual(metadata).ShouldBeTrue();
        copies[1].ToArray().AsSpan().SequenceEqual(root).ShouldBeTrue();
        passed.ShouldBe(metadata.Length + root.Length);
        image.Fingerprint.ShouldBe(Digest([.. metadata, .. root]));
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public async Task A_tarball_truncated_at_any_point_is_refused(CompressionFormat format)
    {
        var whole = format is CompressionFormat.Lzma
            ? SampleImage.LzmaUnified
            : SampleImage.Compress(format, SampleImage.Tar(("metadata.yaml", SampleImage.Yaml()), ("rootfs/file", new string('x', 3000))));
        // What GNU tar pads an archive with at its end may be missing.
        var needed = format is CompressionFormat.None ? whole.Length - 512 : whole.Length;
        foreach (var length in Enumerable.Range(0, 40).Select(n => n * needed / 40).Append(needed - 1))
        {
            (await FailureAsync(whole[..length], null)).ShouldStartWith("metadata ");
            (await FailureAsync(whole[..length], SampleImage.Squashfs())).ShouldStartWith("metadata ");
            (await FailureAsync(SampleImage.Metadata(), whole[..length])).ShouldStartWith("root ");
        }
    }

    [Theory]
    [InlineData(95)]
    [InlineData(96)]
    [InlineData(99)]
    public async Task A_truncated_squashfs_is_refused(int length) =>
        (await FailureAsync(SampleImage.Metadata(), SampleImage.Squashfs()[..length])).ShouldStartWith("root is cut off: its squashfs has");

    [Fact]
    public async Task A_squashfs_may_end_without_padding_but_must_have_version_4()
    {
        (await ReadAsync(SampleImage.Metadata(), SampleImage.Squashfs()[..100])).RootFormat.ShouldBe(RootFormat.Squashfs);
        (await FailureAsync(SampleImage.Metadata(), SampleImage.Squashfs(version: 3))).ShouldContain("squashfs version 3");
    }

    [Fact]
    public async Task A_truncated_qcow2_is_refused()
    {
        foreach (var length in (int[])[4, 71, 103, 104, Cluster, (2 * Cluster) - 1, 3 * Cluster, (3 * Cluster) + 7, 4 * Cluster, (5 * Cluster) - 1, 5 * Cluster])
            (await FailureAsync(SampleImage.Metadata(), SampleImage.Qcow2()[..length])).ShouldStartWith("root is cut off: its qcow2 needs at least");
    }

    [Fact]
    public async Task The_last_cluster_of_a_qcow2_may_be_short() =>
        (await ReadAsync(SampleImage.Metadata(), SampleImage.Qcow2()[..((5 * Cluster) + 512)])).RootFormat.ShouldBe(RootFormat.Qcow2);

    [Theory]
    [InlineData((5 * Cluster) + 100L, null)]
    [InlineData((6 * Cluster) - 1L, null)]
    [InlineData(6L * Cluster, "cut off")]
    [InlineData((1L << 54) - 1, "cut off")]
    public async Task A_compressed_cluster_must_start_in_the_file(long offset, string? expected)
    {
        // The bits above the offset count the sectors.
        var disk = Patch(SampleImage.Qcow2(), 4 * Cluster, unchecked((long)0x7fc0_0000_0000_0000) | offset);
        var failure = await Record.ExceptionAsync(() => ReadAsync(SampleImage.Metadata(), disk));
        (failure?.Message ?? "").ShouldContain(expected ?? "");
        (failure is null).ShouldBe(expected is null);
    }

    [Theory]
    [InlineData(8, 500L, "backing file")]
    [InlineData(72, 4L, "keeps its data in another file")]
    [InlineData(40, -1L, "cut off")]
    [InlineData(48, -1L, "cut off")]
    [InlineData(16, 40L, "damaged qcow2")]
    [InlineData(16, 1L << 32, "damaged qcow2")]
    [InlineData(0, 0x514649fb00000001, "damaged qcow2")]
    [InlineData(0, 0x514649fb00000004, "damaged qcow2")]
    [InlineData(32, 0x7fffffff, "damaged qcow2")]
    [InlineData(3 * Cluster, 0x00ffffffffffff00, "cut off")]
    [InlineData(4 * Cluster, 0x00ffffffffffff00, "cut off")]
    public async Task A_qcow2_that_does_not_stand_alone_is_refused(int offset, long value, string expected) =>
        (await FailureAsync(SampleImage.Metadata(), Patch(SampleImage.Qcow2(), offset, value))).ShouldContain(expected);

    [Fact]
    public async Task A_qcow2_of_version_2_has_no_features() =>
        (await ReadAsync(SampleImage.Metadata(), Patch(SampleImage.Qcow2(version: 2), 72, 4))).RootFormat.ShouldBe(RootFormat.Qcow2);

    [Fact]
    public async Task A_qcow2_whose_tables_all_are_one_is_refused_soon()
    {
        // 64 Ki entries with one L2 table of 2 MiB: reading it for each would take 128 GiB.
        const int Big = 1 << 21;
        var disk = new byte[4 * Big];
        SampleImage.Qcow2().AsSpan(0, 104).CopyTo(disk);
        Patch(disk, 16, 21);
        Patch(disk, 32, 65536);
        Patch(disk, 40, Big);
        Patch(disk, 48, Big);
        for (var i = 0; i < 65536; i++)
            Patch(disk, Big + (i * 8), 2 * Big);
        (await FailureAsync(SampleImage.Metadata(), disk).WaitAsync(TimeSpan.FromSeconds(5), Cancellation)).ShouldContain("damaged");
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("x", "not a tarball")]
    [InlineData("some text that is no archive, and longer than nothing", "not a tarball")]
    public async Task What_is_no_metadata_tarball_is_refused(string content, string expected)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(content);
        (await FailureAsync(bytes, null)).ShouldContain(expected);
        (await FailureAsync(bytes, SampleImage.Squashfs())).ShouldContain(expected);
    }

    [Theory]
    [InlineData("", "root is empty")]
    [InlineData("some text that is no file system", "neither a squashfs, a qcow2 disk nor a tarball")]
    public async Task What_is_no_root_is_refused(string content, string expected) =>
        (await FailureAsync(SampleImage.Metadata(), System.Text.Encoding.UTF8.GetBytes(content))).ShouldContain(expected);

    [Fact]
    public async Task A_tarball_without_its_parts_is_refused()
    {
        (await FailureAsync(SampleImage.Compress(CompressionFormat.Gzip, SampleImage.Tar(("other", "x"))), SampleImage.Squashfs())).ShouldContain("has no metadata.yaml");
        (await FailureAsync(SampleImage.Compress(CompressionFormat.Gzip, new byte[1024]), SampleImage.Squashfs())).ShouldContain("has no metadata.yaml");
        (await FailureAsync(SampleImage.Compress(CompressionFormat.Gzip, SampleImage.Tar(("dir/metadata.yaml", "x"))), SampleImage.Squashfs())).ShouldContain("has no metadata.yaml");
        (await FailureAsync(SampleImage.Metadata(), null)).ShouldContain("has neither rootfs nor rootfs.img");
        (await FailureAsync(SampleImage.Compress(CompressionFormat.Gzip, SampleImage.Tar(("metadata.yaml", SampleImage.Yaml()), ("rootfs2/x", "x"))), null))
            .ShouldContain("has neither rootfs nor rootfs.img");
    }

    [Theory]
    [InlineData(CompressionFormat.Gzip)]
    [InlineData(CompressionFormat.Xz)]
    [InlineData(CompressionFormat.Zstd)]
    public async Task Compressed_data_that_is_no_tarball_is_refused(CompressionFormat format)
    {
        foreach (var content in (byte[][])[[1], new byte[512], new byte[5000], Compression.Samples.Text])
        {
            var file = SampleImage.Compress(format, content);
            (await FailureAsync(SampleImage.Metadata(), file)).ShouldContain("holds no tar archive");
            await FailureAsync(file, null);
            await FailureAsync(file, SampleImage.Squashfs());
        }
    }

    [Fact]
    public async Task A_metadata_yaml_above_1_MiB_is_refused()
    {
        var yaml = SampleImage.Yaml() + "# " + new string('x', ImageMetadata.MaxSize);
        (await FailureAsync(SampleImage.Metadata(yaml), SampleImage.Squashfs())).ShouldContain("at most 1048576 are read");
        await ReadAsync(SampleImage.Metadata(yaml[..ImageMetadata.MaxSize]), SampleImage.Squashfs());
    }

    [Fact]
    public async Task An_entry_cut_off_inside_of_metadata_yaml_is_told_with_the_name_of_the_file()
    {
        var archive = SampleImage.Tar(("metadata.yaml", SampleImage.Yaml(more: "# " + new string('x', 5000))));
        (await FailureAsync(SampleImage.Compress(CompressionFormat.Zstd, archive[..3000]), null)).ShouldStartWith("metadata is damaged: it ends inside an entry");
        var damaged = SampleImage.Compress(CompressionFormat.Xz, archive);
        (await FailureAsync(damaged[..(damaged.Length / 2)], null)).ShouldStartWith("metadata is damaged: The xz data ends too early");
    }

    [Theory]
    [InlineData(CompressionFormat.Gzip)]
    [InlineData(CompressionFormat.Xz)]
    [InlineData(CompressionFormat.Zstd)]
    public async Task A_bomb_of_zeros_is_not_read_to_its_end(CompressionFormat format)
    {
        // Members of 16 MiB of zeros without end, as the data of an entry of 8 GiB before any metadata.yaml.
        var start = SampleImage.Compress(format, TarWalkerTests.Header("zeros", "77777777777"u8));
        var member = SampleImage.Compress(format, new byte[16 << 20]);
        await using var endless = new Repeated(start, member);
        using var file = new Input(directory, "metadata", start);
        var failure = await Should.ThrowAsync<StapesException>(() => ImageReader.ReadAsync(file.Value with { Source = endless }, null, Cancellation));
        failure.Message.ShouldStartWith("metadata is a decompression bomb");
    }

    [Fact]
    public async Task Memory_does_not_grow_with_the_size()
    {
        var path = directory.Write("root", SampleImage.Squashfs());
        using (var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(file, 256 << 20);
        using var metadata = new Input(directory, "metadata", SampleImage.Metadata());
        using var root = new Input(path, Stream.Null);
        await ImageReader.ReadAsync(metadata.Value, root.Value with { Source = new MemoryStream(SampleImage.Squashfs()) }, Cancellation);

        var before = GC.GetTotalAllocatedBytes(precise: true);
        await ImageReader.ReadAsync(metadata.Again(), root.Value, Cancellation);
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(16 << 20);
    }

    [Fact]
    public async Task A_full_disk_is_passed_on()
    {
        using var metadata = new Input(directory, "metadata", SampleImage.Metadata());
        using var root = new Input(directory, "root", [.. SampleImage.Squashfs(), .. new byte[3_000_000]], new FullDisk());
        (await Should.ThrowAsync<IOException>(() => ImageReader.ReadAsync(metadata.Value, root.Value, Cancellation))).Message.ShouldBe("No space left on device");
    }

    [Fact]
    public async Task Whatever_is_damaged_only_the_expected_error_comes_out()
    {
        byte[][] files = [SampleImage.Metadata(), SampleImage.Unified(), SampleImage.Tar(("metadata.yaml", SampleImage.Yaml()), ("rootfs/", "")), SampleImage.LzmaUnified];
        await Gen.Select(Gen.OneOfConst(files), Gen.Select(Gen.Int[0, 400], Gen.Byte).Array[1, 5]).SampleAsync(async (file, changes) =>
        {
            var damaged = file.ToArray();
            foreach (var (position, value) in changes)
                damaged[position % damaged.Length] = value;
            if (await Record.ExceptionAsync(() => ReadAsync(damaged, null)) is { } failure)
                failure.ShouldBeOfType<StapesException>();
        }, iter: 300);
    }

    private static Sha256Digest Digest(byte[] bytes) => Sha256Digest.FromBytes(SHA256.HashData(bytes));

    private static byte[] Patch(byte[] bytes, int offset, long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(offset), value);
        return bytes;
    }

    private async Task<ReadImage> ReadAsync(byte[] metadata, byte[]? root)
    {
        using var first = new Input(directory, "metadata", metadata);
        using var second = root is null ? null : new Input(directory, "root", root);
        return await ImageReader.ReadAsync(first.Value, second?.Value, Cancellation);
    }

    private async Task<string> FailureAsync(byte[] metadata, byte[]? root)
    {
        var failure = await Should.ThrowAsync<StapesException>(() => ReadAsync(metadata, root));
        failure.Kind.ShouldBe(ErrorKind.Invalid);
        failure.Message.Any(char.IsControl).ShouldBeFalse(failure.Message);
        return failure.Message;
    }

    /// <summary>One file on disk, open to be read.</summary>
    private sealed class Input : IDisposable
    {
        private readonly FileStream file;

        public Input(TemporaryDirectory directory, string name, byte[] content, Stream? copy = null, Action<long>? progress = null)
            : this(directory.Write($"{Guid.NewGuid():N}/{name}", content), copy, progress)
        {
        }

        public Input(string path, Stream? copy, Action<long>? progress = null)
        {
            file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            Value = new(Path.GetFileName(path), file, file.SafeFileHandle, copy, progress);
        }

        public ImageInput Value { get; }

        public ImageInput Again()
        {
            file.Position = 0;
            return Value;
        }

        public void Dispose() => file.Dispose();
    }

    /// <summary>A start, and then the same piece again and again.</summary>
    private sealed class Repeated(byte[] start, byte[] piece) : MemoryStream(start)
    {
        private int position;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length)
                return base.ReadAsync(buffer, cancellationToken);
            var count = Math.Min(buffer.Length, piece.Length - position);
            piece.AsMemory(position, count).CopyTo(buffer);
            position = (position + count) % piece.Length;
            return new(count);
        }
    }

    private sealed class FullDisk : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            Length > 1_000_000 ? throw new IOException("No space left on device") : base.WriteAsync(buffer, cancellationToken);
    }
}
