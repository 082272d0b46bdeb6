using Stapes.Core.Images;
using Stapes.Core.Storage;
using Stapes.Tests.Library;

namespace Stapes.Tests.Storage;

/// <summary>What every <see cref="IBlobStore"/> must do.</summary>
public abstract class BlobStoreContract
{
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected abstract IBlobStore Store { get; }

    [Fact]
    public async Task A_stored_blob_reads_back_from_any_place()
    {
        var content = new byte[3_000_000];
        new Random(1).NextBytes(content);
        var digest = await PutAsync(content);

        await using var blob = (await Store.OpenAsync(digest, Cancellation)).ShouldNotBeNull();
        blob.Length.ShouldBe(content.Length);
        (await ReadAsync(blob, 0, content.Length)).ShouldBe(content);
        (await ReadAsync(blob, 2_999_990, 10)).ShouldBe(content[^10..]);
        (await ReadAsync(blob, 1_234_567, 89)).ShouldBe(content[1_234_567..1_234_656]);
        (await blob.ReadAsync(content.Length, new byte[1], Cancellation)).ShouldBe(0);
        Should.Throw<ArgumentOutOfRangeException>(() => blob.OpenRead(2_999_990, 11));
    }

    [Fact]
    public async Task What_was_never_stored_is_null() => (await Store.OpenAsync(TestImages.Digest("none"), Cancellation)).ShouldBeNull();

    [Fact]
    public async Task A_staged_file_is_no_blob_until_it_is_stored()
    {
        using var staged = Store.Stage();
        await staged.Content.WriteAsync("x"u8.ToArray(), Cancellation);
        (await Store.OpenAsync(TestImages.Digest("x"), Cancellation)).ShouldBeNull();
        (await Store.ListAsync(Cancellation).ToListAsync(Cancellation)).ShouldBeEmpty();

        Store.CleanUp().ShouldBe(0, "its process runs");
        await Store.PutAsync(TestImages.Digest("x"), staged, Cancellation);
        (await Store.ListAsync(Cancellation).ToListAsync(Cancellation)).ShouldBe([TestImages.Digest("x")]);
    }

    [Fact]
    public async Task A_deleted_blob_is_gone_but_whoever_reads_it_may_finish()
    {
        var digest = await PutAsync("some bytes"u8.ToArray());
        await using var blob = (await Store.OpenAsync(digest, Cancellation)).ShouldNotBeNull();

        await Store.DeleteAsync([digest, TestImages.Digest("never there")], Cancellation);

        (await Store.OpenAsync(digest, Cancellation)).ShouldBeNull();
        (await Store.ListAsync(Cancellation).ToListAsync(Cancellation)).ShouldBeEmpty();
        (await ReadAsync(blob, 5, 5)).ShouldBe("bytes"u8.ToArray());
    }

    [Fact]
    public async Task One_blob_can_be_stored_by_many_at_once_and_stays_one()
    {
        var content = "the same for all"u8.ToArray();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => PutAsync(content)));

        (await Store.ListAsync(Cancellation).ToListAsync(Cancellation)).ShouldBe([TestImages.Digest(content)]);
        await using var blob = (await Store.OpenAsync(TestImages.Digest(content), Cancellation)).ShouldNotBeNull();
        (await ReadAsync(blob, 0, content.Length)).ShouldBe(content);
    }

    [Fact]
    public async Task All_stored_blobs_are_listed()
    {
        var digests = new List<Sha256Digest>();
        for (var i = 0; i < 40; i++)
            digests.Add(await PutAsync([(byte)i]));

        (await Store.ListAsync(Cancellation).ToListAsync(Cancellation)).ShouldBe(digests, ignoreOrder: true);
    }

    private protected async Task<Sha256Digest> PutAsync(byte[] content)
    {
        using var staged = Store.Stage();
        await staged.Content.WriteAsync(content, Cancellation);
        var digest = TestImages.Digest(content);
        await Store.PutAsync(digest, staged, Cancellation);
        return digest;
    }

    private protected static async Task<byte[]> ReadAsync(Blob blob, long offset, int length)
    {
        using var buffer = new MemoryStream();
        await using var stream = blob.OpenRead(offset, length);
        await stream.CopyToAsync(buffer, Cancellation);
        return buffer.ToArray();
    }
}
