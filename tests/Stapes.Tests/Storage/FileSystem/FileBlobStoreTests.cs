using Stapes.Core;
using Stapes.Core.Storage;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Tests.Storage.FileSystem;

public sealed class FileBlobStoreTests : BlobStoreContract, IDisposable
{
    private readonly TemporaryDirectory directory = new();

    private protected override IBlobStore Store => field ??= new FileBlobStore(directory.Root);

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Storing_again_cures_a_damaged_file()
    {
        var content = "good"u8.ToArray();
        var digest = await PutAsync(content);
        await File.WriteAllTextAsync(directory[$"blobs/{digest.Hex[..2]}/{digest}"], "bad", Cancellation);

        await PutAsync(content);

        await using var blob = (await Store.OpenAsync(digest, Cancellation)).ShouldNotBeNull();
        (await ReadAsync(blob, 0, 4)).ShouldBe(content);
    }

    [Fact]
    public async Task Only_the_owner_can_look_into_the_directories()
    {
        await PutAsync("private"u8.ToArray());

        foreach (var name in new[] { "blobs", "tmp" })
            (File.GetUnixFileMode(directory[name]) & (UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)).ShouldBe(UnixFileMode.None);
    }

    [Fact]
    public async Task Other_files_among_the_blobs_are_left_alone()
    {
        directory.Write("blobs/ab/notes.txt", "x"u8);

        (await Store.ListAsync(Cancellation).ToListAsync(Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public void A_place_that_cannot_be_written_says_so()
    {
        var file = directory.Write("file", "x"u8);

        var error = Should.Throw<StapesException>(() => new FileBlobStore(file).Stage());

        error.Kind.ShouldBe(ErrorKind.Unavailable);
        error.Message.ShouldContain(file);
    }
}
