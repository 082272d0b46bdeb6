using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using CsCheck;
using Stapes.Core.Images;

namespace Stapes.Tests.Images;

public sealed class TarWalkerTests : IDisposable
{
    private static readonly string LongPath = string.Join('/', Enumerable.Repeat("directory", 30)) + "/file";

    private readonly TemporaryDirectory directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Theory]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public async Task Every_format_of_the_framework_is_walked(TarEntryFormat format)
    {
        var archive = await PackAsync(format, ("metadata.yaml", 700), ("rootfs/", -1), ("rootfs/etc/motd", 512), ("rootfs/empty", 0), ("end", 1));
        (await WalkAsync(archive)).ShouldBe(["metadata.yaml 700", "rootfs/ 0", "rootfs/etc/motd 512", "rootfs/empty 0", "end 1"]);
    }

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public async Task Long_paths_of_the_framework_come_out_whole(TarEntryFormat format) =>
        (await WalkAsync(await PackAsync(format, (LongPath, 3), ("next", 0)))).ShouldBe([$"{LongPath} 3", "next 0"]);

    [Theory]
    [InlineData("v7")]
    [InlineData("ustar")]
    [InlineData("posix")]
    [InlineData("gnu")]
    [InlineData("oldgnu")]
    public async Task Every_format_of_GNU_tar_is_walked(string format)
    {
        directory.Write("in/metadata.yaml", new byte[1000]);
        directory.Write("in/rootfs/bin/sh", new byte[513]);
        File.CreateSymbolicLink(directory["in/rootfs/link"], "bin/sh");
        (await WalkAsync(await GnuTarAsync($"--format={format}", "./metadata.yaml", "rootfs")))
            .ShouldBe(["./metadata.yaml 1000", "rootfs/ 0", "rootfs/bin/ 0", "rootfs/bin/sh 513", "rootfs/link 0"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("posix")]
    [InlineData("gnu")]
    public async Task Long_paths_of_GNU_tar_come_out_whole(string format)
    {
        directory.Write($"in/{LongPath}", new byte[5]);
        directory.Write("in/next", new byte[6]);
        (await WalkAsync(await GnuTarAsync($"--format={format}", LongPath, "next"))).ShouldBe([$"{LongPath} 5", "next 6"]);
    }

    [Fact]
    public async Task A_prefix_of_ustar_belongs_to_the_path()
    {
        var path = string.Join('/', Enumerable.Repeat("directory", 20));
        directory.Write($"in/{path}", new byte[5]);
        (await WalkAsync(await GnuTarAsync("--format=ustar", path))).ShouldBe([$"{path} 5"]);
    }

    [Theory]
    [InlineData("--format=gnu")]
    [InlineData("--format=oldgnu")]
    [InlineData("--format=posix", "--sparse-version=0.0")]
    [InlineData("--format=posix", "--sparse-version=0.1")]
    [InlineData("--format=posix", "--sparse-version=1.0")]
    public async Task Sparse_files_have_their_own_names_and_do_not_hide_what_follows(params string[] options)
    {
        Directory.CreateDirectory(directory["in"]);
        await using (var disk = File.Create(directory["in/rootfs.img"]))
        {
            // More holes than the header has room for.
            for (var i = 1; i <= 60; i++)
            {
                disk.Position = i * 131072L;
                disk.Write("data"u8);
            }
        }

        directory.Write("in/metadata.yaml", new byte[10]);
        var names = (await WalkAsync(await GnuTarAsync([.. options, "--sparse", "rootfs.img", "metadata.yaml"]))).Select(static e => e.Split(' ')[0]);
        names.ShouldBe(["rootfs.img", "metadata.yaml"]);
    }

    [Fact]
    public async Task A_sparse_file_with_a_long_path_keeps_its_own()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(directory[$"in/{LongPath}"])!);
        await using (var disk = File.Create(directory[$"in/{LongPath}"]))
        {
            disk.Position = 1 << 20;
            disk.Write("data"u8);
        }

        var names = (await WalkAsync(await GnuTarAsync("--format=posix", "--sparse", LongPath))).Select(static e => e.Split(' ')[0]);
        names.ShouldBe([LongPath]);
    }

    [Fact]
    public async Task A_size_in_base_256_is_read()
    {
        var size = (8L << 30) + 5;
        var header = Header("disk", size: [0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 5]);
        (await new TarWalker(new MemoryStream(header)).NextAsync(Cancellation)).ShouldNotBeNull().Size.ShouldBe(size);
    }

    [Theory]
    [InlineData(0xff, 0xff)]
    [InlineData(0x80, 0x01)]
    [InlineData(0xc0, 0x00)]
    public async Task A_size_that_is_negative_or_beyond_64_bits_is_refused(byte first, byte second)
    {
        var header = Header("disk", size: [first, second, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        await Should.ThrowAsync<InvalidDataException>(() => new TarWalker(new MemoryStream(header)).NextAsync(Cancellation));
    }

    [Fact]
    public async Task A_pax_size_stands_above_the_size_of_the_header()
    {
        byte[] archive = [.. Header("pax", "00000000012"u8, 'x'), .. Block("10 size=3\n"u8), .. Header("file", "00000000000"u8), .. Block("abc"u8), .. Header("next", "0"u8)];
        (await WalkAsync(archive)).ShouldBe(["file 3", "next 0"]);
    }

    [Fact]
    public async Task Records_before_one_entry_that_are_more_than_1_MiB_together_are_refused()
    {
        // A compressed archive of nothing else would fill the memory.
        const int Size = 512 * 1200;
        byte[] One(string name)
        {
            var record = $"{Size} SCHILY.xattr.user.{name}=";
            return [.. Header("pax", Encoding.ASCII.GetBytes(Convert.ToString(Size, 8).PadLeft(11, '0')), 'x'), .. Encoding.ASCII.GetBytes($"{record.PadRight(Size - 1, 'v')}\n")];
        }

        (await new TarWalker(new MemoryStream([.. One("none"), .. Header("file", "0"u8)])).NextAsync(Cancellation)).ShouldNotBeNull().ExtendedAttributes.Count.ShouldBe(1);
        await Should.ThrowAsync<InvalidDataException>(() => new TarWalker(new MemoryStream([.. One("none"), .. One("more"), .. Header("file", "0"u8)])).NextAsync(Cancellation));
    }

    [Fact]
    public async Task The_name_of_a_sparse_file_stands_above_its_stand_in()
    {
        var records = Block("30 GNU.sparse.name=rootfs.img\n33 path=./GNUSparseFile.1/rootfs\n"u8);
        byte[] archive = [.. Header("pax", "00000000077"u8, 'x'), .. records, .. Header("other", "0"u8)];
        (await WalkAsync(archive)).ShouldBe(["rootfs.img 0"]);
    }

    [Fact]
    public async Task Data_is_read_and_the_rest_of_its_block_skipped()
    {
        byte[] archive = [.. Header("file", "00000000003"u8), .. Block("abc"u8), .. Header("next", "0"u8)];
        var walker = new TarWalker(new MemoryStream(archive));
        var file = (await walker.NextAsync(Cancellation))!;
        (await walker.ReadDataAsync(file.Size, Cancellation)).ShouldBe("abc"u8.ToArray());
        (await walker.NextAsync(Cancellation))!.Name.ShouldBe("next");
        (await walker.NextAsync(Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task More_than_1_MiB_is_not_read_into_memory()
    {
        var walker = new TarWalker(new MemoryStream(Header("file", "77777777777"u8)));
        var file = (await walker.NextAsync(Cancellation))!;
        await Should.ThrowAsync<InvalidDataException>(() => walker.ReadDataAsync(file.Size, Cancellation));
    }

    [Fact]
    public async Task An_archive_cut_off_inside_an_entry_is_an_error()
    {
        var archive = await PackAsync(TarEntryFormat.Pax, ("metadata.yaml", 700), ("rootfs/file", 700));
        for (var length = 0; length < archive.Length - 1024; length += 100)
        {
            // Between two entries there is nothing to tell a careless writer from a lost end.
            if (await Record.ExceptionAsync(() => WalkAsync(archive[..length])) is { } failure)
                failure.ShouldBeOfType<EndOfStreamException>();
            else
                (length % 512).ShouldBe(0);
        }
    }

    [Fact]
    public async Task Whatever_the_bytes_are_the_walk_ends_in_one_of_three_errors_and_with_little_memory()
    {
        var honest = await PackAsync(TarEntryFormat.Pax, ("metadata.yaml", 700), (LongPath, 3), ("rootfs/file", 700));
        var damage = Gen.Select(Gen.Int[0, honest.Length - 1], Gen.Byte).Array[0, 20];
        damage.Sample(changes =>
        {
            var bytes = honest.ToArray();
            foreach (var (position, value) in changes)
                bytes[position] = value;
            // Right checksums let the damage through to what reads the fields.
            for (var block = 0; block + 512 <= bytes.Length; block += 512)
            {
                if (bytes.AsSpan(block + 257, 5).SequenceEqual("ustar"u8))
                    Seal(bytes.AsSpan(block, 512));
            }

            EndsWell(bytes);
        }, iter: 2000);
        Gen.Byte.Array[0, 3000].Sample(EndsWell, iter: 500);
    }

    private static void EndsWell(byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            WalkAsync(bytes).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or OverflowException)
        {
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4 << 20);
    }

    private static async Task<List<string>> WalkAsync(byte[] archive)
    {
        var walker = new TarWalker(new MemoryStream(archive));
        var entries = new List<string>();
        while (await walker.NextAsync(Cancellation) is { } entry)
            entries.Add($"{entry.Name} {entry.Size}");
        return entries;
    }

    private static async Task<byte[]> PackAsync(TarEntryFormat format, params (string Name, int Size)[] files)
    {
        var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, format, leaveOpen: true))
        {
            foreach (var (name, size) in files)
            {
                var type = size < 0 ? TarEntryType.Directory : format is TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile;
                TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(type, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(type, name),
                    _ => new PaxTarEntry(type, name),
                };
                if (size > 0)
                    entry.DataStream = new MemoryStream(Enumerable.Repeat((byte)'x', size).ToArray());
                await writer.WriteEntryAsync(entry, Cancellation);
            }
        }

        return archive.ToArray();
    }

    private async Task<byte[]> GnuTarAsync(params string[] arguments)
    {
        using var tar = Process.Start("tar", ["--directory", directory["in"], "--create", "--file", directory["out.tar"], .. arguments]);
        await tar.WaitForExitAsync(Cancellation);
        tar.ExitCode.ShouldBe(0);
        return await File.ReadAllBytesAsync(directory["out.tar"], Cancellation);
    }

    internal static byte[] Header(string name, ReadOnlySpan<byte> size, char type = '0')
    {
        var header = new byte[512];
        Encoding.UTF8.GetBytes(name, header);
        size.CopyTo(header.AsSpan(124));
        header[156] = (byte)type;
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        Seal(header);
        return header;
    }

    private static byte[] Block(ReadOnlySpan<byte> data)
    {
        var block = new byte[512];
        data.CopyTo(block);
        return block;
    }

    private static void Seal(Span<byte> header)
    {
        header.Slice(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var value in header)
            sum += value;
        Encoding.ASCII.GetBytes($"{Convert.ToString(sum, 8).PadLeft(6, '0')}\0 ", header.Slice(148, 8));
    }
}
