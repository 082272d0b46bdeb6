using Stapes.Core;
using Stapes.Core.Library;
using Stapes.Tests.Images;

namespace Stapes.Tests.Library;

public sealed class StorageLimitsTests : LibraryTest
{
    [Fact]
    public async Task An_image_beyond_the_limit_is_refused_and_leaves_nothing()
    {
        var bytes = SampleImage.Unified();
        await using (var library = await OpenAsync(new() { UploadLimit = bytes.Length - 1 }))
        {
            (await FailsAsync(() => AddAsync(library, bytes))).ShouldBe(ErrorKind.Invalid);
            await ShouldHoldExactlyItsImagesAsync(library);
        }

        await using var again = await OpenAsync(new() { UploadLimit = bytes.Length });
        await AddAsync(again, bytes);
    }

    [Fact]
    public async Task While_the_disk_has_too_little_space_nothing_comes_in()
    {
        await using (var library = await OpenAsync(new() { FreeSpace = long.MaxValue }))
        {
            (await FailsAsync(() => AddAsync(library, SampleImage.Unified()))).ShouldBe(ErrorKind.Full);
            await ShouldHoldExactlyItsImagesAsync(library);
        }

        await using var again = await OpenAsync(new() { FreeSpace = 0 });
        await AddAsync(again, SampleImage.Unified());
    }

    [Fact]
    public async Task The_disk_is_watched_while_something_is_made_of_what_is_read()
    {
        await using (var library = await OpenAsync(new() { FreeSpace = 0 }))
        {
            await using var stream = library.Limits.Watch(new MemoryStream([1, 2, 3]));
            (await stream.ReadAtLeastAsync(new byte[8], 8, throwOnEndOfStream: false, Cancellation)).ShouldBe(3);
        }

        await using var full = await OpenAsync(new() { FreeSpace = long.MaxValue });
        var source = new MemoryStream([1, 2, 3]);
        await using (var stream = full.Limits.Watch(source))
            (await FailsAsync(() => stream.ReadAsync(new byte[8], Cancellation).AsTask())).ShouldBe(ErrorKind.Full);
        source.CanRead.ShouldBeFalse("it is disposed of with the other one");
    }

    private Task<ImageLibrary> OpenAsync(LibraryOptions options) => DataDirectory.OpenLibraryAsync(directory["data"], options, Cancellation);

    private static Task<Image> AddAsync(ImageLibrary library, byte[] bytes) =>
        library.AddAsync(new ImageUpload(new("image", new MemoryStream(bytes))), new(), Cancellation);
}
