using Stapes.Core.Compression;

namespace Stapes.Tests.Compression;

public sealed class XzIntegrityTests
{
    private static readonly byte[] Padding = new byte[4];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_whole_file_has_no_fault()
    {
        (await FindFaultAsync(Samples.Xz)).ShouldBeNull();
        (await FindFaultAsync(Samples.XzOfFourBlocks)).ShouldBeNull();
        (await FindFaultAsync([.. Samples.XzOfFourBlocks, .. Padding, .. Samples.Xz, .. Samples.Xz, .. new byte[8192]])).ShouldBeNull();
    }

    [Fact]
    public async Task What_XzEncodeStream_makes_has_no_fault()
    {
        var file = new MemoryStream();
        await using (var xz = new XzEncodeStream(file, preset: 1, leaveOpen: true))
            await xz.WriteAsync(new byte[1_000_000], Cancellation);

        (await FindFaultAsync(file.ToArray())).ShouldBeNull();
    }

    [Fact]
    public async Task A_file_truncated_at_any_byte_has_a_fault()
    {
        byte[] whole = [.. Samples.Xz, .. Samples.XzOfFourBlocks];
        for (var length = 0; length < whole.Length; length++)
        {
            // Cut between two streams, a file is whole.
            if (length != Samples.Xz.Length)
                (await FindFaultAsync(whole[..length])).ShouldNotBeNull($"cut to {length} bytes");
        }
    }

    [Fact]
    public async Task A_file_without_its_start_has_a_fault()
    {
        for (var length = 1; length < Samples.XzOfFourBlocks.Length; length++)
            (await FindFaultAsync(Samples.XzOfFourBlocks[length..])).ShouldNotBeNull($"without the first {length} bytes");
    }

    [Fact]
    public async Task A_block_missing_from_the_middle_is_a_fault() =>
        (await FindFaultAsync([.. Samples.XzOfFourBlocks.AsSpan(0, 12), .. Samples.XzOfFourBlocks.AsSpan(12 + 40)]))
            .ShouldBe("The xz data is incomplete: its index counts 160 bytes of blocks, the file has 120");

    [Fact]
    public async Task A_flipped_bit_outside_the_blocks_is_a_fault()
    {
        var blocks = 12..172;
        for (var bit = 0; bit < Samples.XzOfFourBlocks.Length * 8; bit++)
        {
            if (bit / 8 >= blocks.Start.Value && bit / 8 < blocks.End.Value)
                continue;
            var damaged = Samples.XzOfFourBlocks.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            (await FindFaultAsync(damaged)).ShouldNotBeNull($"bit {bit}");
        }
    }

    [Fact]
    public async Task Padding_before_the_first_stream_is_a_fault() =>
        (await FindFaultAsync([.. Padding, .. Samples.Xz])).ShouldBe("The xz data ends too early: there is no whole stream");

    [Fact]
    public async Task Each_fault_is_told()
    {
        (await FindFaultAsync([])).ShouldBe("The file is empty");
        (await FindFaultAsync(Samples.Xz[..^1])).ShouldBe("The xz data ends too early: its size is not a multiple of four bytes");
        (await FindFaultAsync(Samples.Xz[..^4])).ShouldBe("The xz data ends too early: it has no stream footer");
        (await FindFaultAsync(new byte[64])).ShouldBe("The xz data ends too early: there is no whole stream");
    }

    private static async Task<string?> FindFaultAsync(byte[] bytes)
    {
        var path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, bytes, Cancellation);
            using var file = File.OpenHandle(path);
            return await XzIntegrity.FindFaultAsync(file, Cancellation);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
