using Stapes.Core;
using Stapes.Core.Compression;

namespace Stapes.Tests.Compression;

public sealed class DecompressorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<CompressionFormat> AllFormats => [.. Enum.GetValues<CompressionFormat>()];

    public static TheoryData<CompressionFormat> Compressions => [.. Enum.GetValues<CompressionFormat>().Skip(1)];

    public static TheoryData<CompressionFormat> FormatsWithMembersAndChecksums =>
        [CompressionFormat.Gzip, CompressionFormat.Bzip2, CompressionFormat.Xz, CompressionFormat.Zstd];

    [Theory]
    [MemberData(nameof(AllFormats))]
    public void Every_format_is_read(CompressionFormat format) => Read(format, Samples.Of(format)).ShouldBe(Samples.Text);

    [Theory]
    [MemberData(nameof(AllFormats))]
    public async Task Asynchronous_reads_read_the_source_asynchronously_only(CompressionFormat format)
    {
        await using var source = new TrickleStream(Samples.Of(format), asyncOnly: true);
        (await ReadAsync(format, source)).ShouldBe(Samples.Text);
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public async Task A_source_that_trickles_in_is_read(CompressionFormat format)
    {
        await using var source = new TrickleStream(Samples.Of(format));
        using var stream = Decompressor.Open(format, source, leaveOpen: true);
        Drain(stream).ShouldBe(Samples.Text);
    }

    [Theory]
    [MemberData(nameof(AllFormats))]
    public async Task The_source_is_closed_unless_it_is_to_stay_open(CompressionFormat format)
    {
        var (kept, closed, closedAsynchronously) = (Source(), Source(), Source());
        Decompressor.Open(format, kept, leaveOpen: true).Dispose();
        Decompressor.Open(format, closed, leaveOpen: false).Dispose();
        await Decompressor.Open(format, closedAsynchronously, leaveOpen: false).DisposeAsync();

        (kept.IsDisposed, closed.IsDisposed, closedAsynchronously.IsDisposed).ShouldBe((false, true, true));

        TrickleStream Source() => new(Samples.Of(format));
    }

    [Theory]
    [MemberData(nameof(FormatsWithMembersAndChecksums))]
    public async Task Concatenated_members_come_out_as_one(CompressionFormat format)
    {
        byte[] twice = [.. Samples.Of(format), .. Samples.Of(format)];
        byte[] expected = [.. Samples.Text, .. Samples.Text];

        Read(format, twice).ShouldBe(expected);
        (await ReadAsync(format, new MemoryStream(twice))).ShouldBe(expected);
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public async Task A_file_truncated_at_any_byte_is_an_error(CompressionFormat format)
    {
        var whole = Samples.Of(format);
        for (var length = 0; length < whole.Length; length++)
        {
            ShouldBeTruncated(format, () => Read(format, whole[..length]), length);
            var failure = await Should.ThrowAsync<StapesException>(() => ReadAsync(format, new TrickleStream(whole[..length])));
            failure.Message.ShouldBe(Message(format), $"cut to {length} bytes");
        }
    }

    [Theory]
    [MemberData(nameof(FormatsWithMembersAndChecksums))]
    public void A_further_member_truncated_at_any_byte_is_an_error(CompressionFormat format)
    {
        var member = Samples.Of(format);
        for (var length = 1; length < member.Length; length++)
            ShouldBeTruncated(format, () => Read(format, [.. member, .. member[..length]]), length);
    }

    [Fact]
    public void A_truncated_zstd_frame_without_checksum_is_an_error()
    {
        var whole = Samples.ZstdWithoutChecksum;
        Read(CompressionFormat.Zstd, whole).ShouldBe(Samples.Text);
        for (var length = 0; length < whole.Length; length++)
            ShouldBeTruncated(CompressionFormat.Zstd, () => Read(CompressionFormat.Zstd, whole[..length]), length);
    }

    [Theory]
    [MemberData(nameof(Compressions))]
    public void Garbage_behind_the_signature_is_an_error(CompressionFormat format)
    {
        byte[] garbage = [.. Samples.Of(format).AsSpan(0, 6), .. Enumerable.Repeat((byte)0xaa, 200)];
        Should.Throw<StapesException>(() => Read(format, garbage)).Kind.ShouldBe(ErrorKind.Invalid);
    }

    [Theory]
    [MemberData(nameof(FormatsWithMembersAndChecksums))]
    public void A_flipped_bit_never_changes_the_bytes_silently(CompressionFormat format)
    {
        for (var bit = 0; bit < Samples.Of(format).Length * 8; bit++)
        {
            var damaged = Samples.Of(format).ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                Read(format, damaged).ShouldBe(Samples.Text, $"bit {bit}");
            }
            catch (StapesException e)
            {
                e.Kind.ShouldBe(ErrorKind.Invalid);
            }
        }
    }

    [Theory]
    [InlineData(CompressionFormat.Gzip, -5)]
    [InlineData(CompressionFormat.Bzip2, 11)]
    [InlineData(CompressionFormat.Xz, 8)]
    [InlineData(CompressionFormat.Zstd, -1)]
    public void A_wrong_checksum_is_called_corrupt_and_stays_an_error(CompressionFormat format, int position)
    {
        var damaged = Samples.Of(format).ToArray();
        damaged[position < 0 ? damaged.Length + position : position] ^= 0x10;
        using var stream = Decompressor.Open(format, new MemoryStream(damaged), leaveOpen: false);

        for (var i = 0; i < 2; i++)
        {
            var failure = Should.Throw<StapesException>(() => Drain(stream));
            failure.Message.ShouldStartWith($"The {format.Name()} data is corrupt");
        }
    }

    [Theory]
    [InlineData(CompressionFormat.Bzip2)]
    [InlineData(CompressionFormat.Xz)]
    [InlineData(CompressionFormat.Lzma)]
    [InlineData(CompressionFormat.Zstd)]
    public void Bytes_behind_the_end_are_an_error(CompressionFormat format) =>
        Should.Throw<StapesException>(() => Read(format, [.. Samples.Of(format), .. "further bytes"u8])).Kind.ShouldBe(ErrorKind.Invalid);

    [Fact]
    public void Bytes_behind_the_end_of_gzip_are_ignored() =>
        Read(CompressionFormat.Gzip, [.. Samples.Of(CompressionFormat.Gzip), .. new byte[512]]).ShouldBe(Samples.Text);

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void An_xz_file_of_several_blocks_and_streams_is_read_by_one_thread_or_more(int threads)
    {
        byte[] file = [.. Samples.XzOfFourBlocks, 0, 0, 0, 0, .. Samples.Xz];
        using var stream = Decompressor.Open(CompressionFormat.Xz, new MemoryStream(file), leaveOpen: false, threads);
        Drain(stream).ShouldBe([.. Samples.Text, .. Samples.Text]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void An_xz_file_that_needs_too_much_memory_is_refused(int threads)
    {
        var source = new MemoryStream(Samples.XzWithHugeDictionary);
        using var stream = Decompressor.Open(CompressionFormat.Xz, source, leaveOpen: false, threads);
        var failure = Should.Throw<StapesException>(() => Drain(stream));
        failure.Message.ShouldBe(
            "Decompressing the xz data needs more than 512 MiB of memory: compress it again with a smaller dictionary");
    }

    [Fact]
    public void A_zstd_frame_with_a_window_above_128_MiB_is_refused()
    {
        // RFC 8878, section 3.1.1.1: a frame without single segment, and a window descriptor of 2 GiB.
        byte[] frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
        Should.Throw<StapesException>(() => Read(CompressionFormat.Zstd, frame)).Message.ShouldContain("window of 128 MiB");
    }

    [Fact]
    public void Other_data_is_not_in_the_xz_format() =>
        Should.Throw<StapesException>(() => Read(CompressionFormat.Xz, Samples.Text)).Message.ShouldBe("The data is not in the xz format");

    [Theory]
    [MemberData(nameof(AllFormats))]
    public async Task A_failure_of_the_source_is_passed_on(CompressionFormat format)
    {
        await using var stream = Decompressor.Open(format, new TrickleStream([], asyncOnly: true), leaveOpen: false);
        Should.Throw<InvalidOperationException>(() => stream.Read(new byte[1])).Message.ShouldBe("A synchronous read");
    }

    private static string Message(CompressionFormat format) => $"The {format.Name()} data ends too early: the file is truncated";

    private static void ShouldBeTruncated(CompressionFormat format, Action read, int length)
    {
        var failure = Should.Throw<StapesException>(read, $"cut to {length} bytes");
        failure.Message.ShouldBe(Message(format), $"cut to {length} bytes");
        failure.Kind.ShouldBe(ErrorKind.Invalid);
    }

    private static byte[] Read(CompressionFormat format, byte[] file)
    {
        using var stream = Decompressor.Open(format, new MemoryStream(file), leaveOpen: false);
        return Drain(stream);
    }

    private static byte[] Drain(Stream stream)
    {
        var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static async Task<byte[]> ReadAsync(CompressionFormat format, Stream source)
    {
        var bytes = new MemoryStream();
        await using var stream = Decompressor.Open(format, source, leaveOpen: false);
        await stream.CopyToAsync(bytes, Cancellation);
        return bytes.ToArray();
    }
}
