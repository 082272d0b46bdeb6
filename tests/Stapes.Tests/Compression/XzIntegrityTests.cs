using Stapes.Core.Compression;

namespace Stapes.Tests.Compression;

public sealed class XzIntegrityTests
{
    private static readonly byte[] Padding = new byte[4];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void A_whole_file_has_no_fault()
    {
        FindFault(Samples.Xz).ShouldBeNull();
        FindFault(Samples.XzOfFourBlocks).ShouldBeNull();
        FindFault([.. Samples.XzOfFourBlocks, .. Padding, .. Samples.Xz, .. Samples.Xz, .. new byte[8192]]).ShouldBeNull();
    }

    [Fact]
    public async Task What_XzEncodeStream_makes_has_no_fault()
    {
        var file = new MemoryStream();
        await using (var xz = new XzEncodeStream(file, preset: 1, leaveOpen: true))
            await xz.WriteAsync(new byte[1_000_000], Cancellation);

        FindFault(file.ToArray()).ShouldBeNull();
    }

    [Fact]
    public void A_file_truncated_at_any_byte_has_a_fault()
    {
        byte[] whole = [.. Samples.Xz, .. Samples.XzOfFourBlocks];
        for (var length = 0; length < whole.Length; length++)
        {
            // Cut between two streams, a file is whole.
            if (length != Samples.Xz.Length)
                FindFault(whole[..length]).ShouldNotBeNull($"cut to {length} bytes");
        }
    }

    [Fact]
    public void A_file_without_its_start_has_a_fault()
    {
        for (var length = 1; length < Samples.XzOfFourBlocks.Length; length++)
            FindFault(Samples.XzOfFourBlocks[length..]).ShouldNotBeNull($"without the first {length} bytes");
    }

    [Fact]
    public void A_block_missing_from_the_middle_is_a_fault() =>
        FindFault([.. Samples.XzOfFourBlocks.AsSpan(0, 12), .. Samples.XzOfFourBlocks.AsSpan(12 + 40)])
            .ShouldBe("The xz data is incomplete: its index counts 160 bytes of blocks, the file has 120");

    [Fact]
    public void A_flipped_bit_outside_the_blocks_is_a_fault()
    {
        var blocks = 12..172;
        for (var bit = 0; bit < Samples.XzOfFourBlocks.Length * 8; bit++)
        {
            if (bit / 8 >= blocks.Start.Value && bit / 8 < blocks.End.Value)
                continue;
            var damaged = Samples.XzOfFourBlocks.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            FindFault(damaged).ShouldNotBeNull($"bit {bit}");
        }
    }

    [Fact]
    public void Padding_before_the_first_stream_is_a_fault() =>
        FindFault([.. Padding, .. Samples.Xz]).ShouldBe("The xz data ends too early: there is no whole stream");

    [Fact]
    public void Each_fault_is_told()
    {
        FindFault([]).ShouldBe("The file is empty");
        FindFault(Samples.Xz[..^1]).ShouldBe("The xz data ends too early: its size is not a multiple of four bytes");
        FindFault(Samples.Xz[..^4]).ShouldBe("The xz data ends too early: it has no stream footer");
        FindFault(new byte[64]).ShouldBe("The xz data ends too early: there is no whole stream");
    }

    private static string? FindFault(byte[] bytes)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, bytes);
            using var file = File.OpenHandle(path);
            return XzIntegrity.FindFault(file, Cancellation);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
