using System.Security.Cryptography;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Tests.Storage.FileSystem;

public sealed class FileReadStreamTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task It_reads_the_whole_file_in_pieces_and_leaves_the_handle_open()
    {
        var content = RandomNumberGenerator.GetBytes(100_000);
        using var file = File.OpenHandle(directory.Write("file", content));
        var read = new MemoryStream();
        await using (var stream = new FileReadStream(file))
            await stream.CopyToAsync(read, 777, Cancellation);
        read.ToArray().ShouldBe(content);
        RandomAccess.GetLength(file).ShouldBe(content.Length);
    }

    [Fact]
    public async Task A_cancelled_read_takes_nothing()
    {
        using var file = File.OpenHandle(directory.Write("file", "content"u8));
        await using var stream = new FileReadStream(file);
        await Should.ThrowAsync<OperationCanceledException>(async () => await stream.ReadExactlyAsync(new byte[1], new CancellationToken(canceled: true)));
        stream.ReadByte().ShouldBe('c');
    }
}
