using System.Diagnostics;
using Stapes.Core;
using Stapes.Core.Library;

namespace Stapes.Tests.Library;

public sealed class FullDiskTests : LibraryTest
{
    [Fact]
    public async Task A_full_disk_refuses_the_import_leaves_nothing_and_the_library_goes_on()
    {
        Directory.CreateDirectory(directory["data"]);
        if (!Run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", directory["data"]))
            Assert.Skip("A small disk needs the right to mount one.");
        try
        {
            await using var library = await OpenAsync();
            await library.AddAsync(TestImages.Upload(TestImages.Metadata("1"), TestImages.Root("1", 1 << 20)), new(), Cancellation);

            var error = await Should.ThrowAsync<StapesException>(() => library.AddAsync(
                TestImages.Upload(TestImages.Metadata("2"), TestImages.Root("2", 4 << 20)), new(), Cancellation));
            error.Kind.ShouldBe(ErrorKind.Full, error.Message);
            error.Message.ShouldContain("no space is left");
            await ShouldHoldExactlyItsImagesAsync(library);

            var added = await FillAsync(library);
            (await library.GetSnapshotAsync(Cancellation)).Images.Count.ShouldBe(added + 1);
            await ShouldHoldExactlyItsImagesAsync(library);

            Directory.CreateDirectory(directory["data/filling"]);
            Run("dd", "if=/dev/zero", $"of={directory["data/filling/zeros"]}", "bs=4k").ShouldBeFalse("the disk is full");
            foreach (var image in (await library.GetSnapshotAsync(Cancellation)).Images)
                await library.DeleteAsync(image.Key, null, Cancellation);
            Time.Now += TimeSpan.FromDays(1);
            (await library.CollectAsync(Cancellation)).ShouldBeGreaterThan(added);
            await ShouldHoldExactlyItsImagesAsync(library);
        }
        finally
        {
            Run("umount", directory["data"]).ShouldBeTrue();
        }
    }

    /// <summary>Adds small images until one does not fit: whichever write fails, of a file or of the catalogue.</summary>
    private static async Task<int> FillAsync(ImageLibrary library)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                await library.AddAsync(TestImages.Upload(TestImages.Metadata($"small {i}"), TestImages.Root($"small {i}", 20_000)), new(), Cancellation);
            }
            catch (StapesException e) when (e.Kind is ErrorKind.Full)
            {
                return i;
            }
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
