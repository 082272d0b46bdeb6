using Stapes.Core;

namespace Stapes.Tests.Library;

public sealed class DataDirectoryTests : LibraryTest
{
    [Fact]
    public async Task Only_one_server_at_a_time_can_use_it()
    {
        await using (await OpenAsync())
            (await FailsAsync(() => OpenAsync())).ShouldBe(ErrorKind.Conflict);

        await using var again = await OpenAsync();
    }

    [Fact]
    public async Task A_lost_catalogue_is_an_error_and_not_the_end_of_the_images()
    {
        await using (var library = await OpenAsync())
            await library.AddAsync(TestImages.Upload("1"), new(), Cancellation);
        foreach (var file in Directory.GetFiles(directory["data"], "catalog.db*"))
            File.Delete(file);

        (await FailsAsync(() => OpenAsync())).ShouldBe(ErrorKind.Unavailable);

        Files("blobs").Count().ShouldBe(1);
    }

    [Fact]
    public async Task What_a_killed_import_left_behind_goes_at_the_next_start()
    {
        await using (var library = await OpenAsync())
            await library.AddAsync(TestImages.Upload("1"), new(), Cancellation);
        directory.Write("data/tmp/left", "half a file"u8);
        var stray = TestImages.Digest("stray").Hex;
        directory.Write($"data/blobs/{stray[..2]}/{stray}", "stray"u8);

        await using var again = await OpenAsync();
        await again.CleanUpAsync(Cancellation);

        await ShouldHoldExactlyItsImagesAsync(again);
    }

    [Fact]
    public async Task A_deleted_image_keeps_its_bytes_over_a_restart_until_the_grace_period_ends()
    {
        await using (var library = await OpenAsync())
        {
            var image = await library.AddAsync(TestImages.Upload("1"), new(), Cancellation);
            await library.DeleteAsync(image.Key, null, Cancellation);
        }

        await using var again = await OpenAsync();
        await again.CleanUpAsync(Cancellation);
        Files("blobs").Count().ShouldBe(1);

        Time.Now += TimeSpan.FromHours(2.1);
        (await again.CollectAsync(Cancellation)).ShouldBe(1);
        Files("blobs").ShouldBeEmpty();
    }
}
