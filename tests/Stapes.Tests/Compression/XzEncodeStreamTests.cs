using CsCheck;
using Stapes.Core.Compression;

namespace Stapes.Tests.Compression;

public sealed class XzEncodeStreamTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void What_is_compressed_comes_back_and_passes_the_check() =>
        Gen.Select(Gen.Byte.Array[0, 5000].Array[0, 8], Gen.Int[0, 3]).Sample(
            (writes, preset) =>
            {
                var file = Compress(preset, writes);
                Decompress(file).ShouldBe(writes.SelectMany(bytes => bytes).ToArray());
                CompressionDetector.Detect(file).ShouldBe(CompressionFormat.Xz);
            },
            iter: 50);

    [Fact]
    public void The_file_is_the_same_however_the_bytes_are_cut_into_writes() =>
        Gen.Select(Gen.Int[0, 3].Array[0, 3000], Gen.Int[1, 400]).Sample(
            (letters, size) =>
            {
                byte[] bytes = [.. letters.Select(letter => (byte)('a' + letter))];
                Compress(preset: 6, [.. bytes.Chunk(size)]).ShouldBe(Compress(preset: 6, bytes));
            },
            iter: 20);

    [Fact]
    public async Task Asynchronous_writes_make_the_same_file()
    {
        var file = new MemoryStream();
        await using (var xz = new XzEncodeStream(file, leaveOpen: true))
        {
            await xz.WriteAsync(Samples.Text, Cancellation);
            await xz.FlushAsync(Cancellation);
        }

        file.ToArray().ShouldBe(Compress(preset: 9, Samples.Text));
    }

    [Fact]
    public void The_default_makes_what_the_xz_program_makes() => Compress(preset: 9, Samples.Text).ShouldBe(Samples.Xz);

    [Fact]
    public void Nothing_written_makes_an_empty_file_that_is_valid() => Decompress(Compress(preset: 9)).ShouldBeEmpty();

    [Fact]
    public async Task A_failed_write_leaves_the_file_without_its_end()
    {
        var file = new FullDisk();
        var xz = new XzEncodeStream(file, preset: 0);
        var noise = new byte[8 * 1024 * 1024];
        new Random(1).NextBytes(noise);

        await Should.ThrowAsync<IOException>(async () => await xz.WriteAsync(noise, Cancellation));
        await Should.ThrowAsync<InvalidOperationException>(async () => await xz.WriteAsync(noise, Cancellation));
        await xz.DisposeAsync();

        file.Writes.ShouldBe(0);
        Should.Throw<ObjectDisposedException>(() => xz.Write(noise));
    }

    private static byte[] Compress(int preset, params byte[][] writes)
    {
        var file = new MemoryStream();
        using (var xz = new XzEncodeStream(file, preset, leaveOpen: true))
        {
            foreach (var bytes in writes)
                xz.Write(bytes);
        }

        return file.ToArray();
    }

    private static byte[] Decompress(byte[] file)
    {
        var bytes = new MemoryStream();
        using var stream = Decompressor.Open(CompressionFormat.Xz, new MemoryStream(file), leaveOpen: false);
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private sealed class FullDisk : MemoryStream
    {
        public int Writes { get; private set; }

        public override void Write(byte[] buffer, int offset, int count) => Writes++;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("No space left on device");
    }
}
