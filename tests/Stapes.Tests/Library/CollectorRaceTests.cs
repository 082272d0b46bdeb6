using CsCheck;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Tests.Library;

public sealed class CollectorRaceTests : LibraryTest
{
    private static readonly byte[][] Metadata = [.. Enumerable.Range(0, 3).Select(static i => TestImages.Metadata($"{i}"))];

    private static readonly byte[][] Roots = [.. Enumerable.Range(0, 3).Select(static i => TestImages.Root($"{i}"))];

    /// <summary>Nine images over six blobs, so that nearly every blob is wanted again while it is being deleted. There is no grace.</summary>
    [Fact]
    public async Task Whatever_runs_beside_the_collector_every_listed_image_can_be_read()
    {
        await using var library = await OpenAsync(TimeSpan.FromMilliseconds(-1));
        var step = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2], Gen.Int[0, 2]);
        await step.Array[12].Array[4].SampleAsync(async writers =>
        {
            await Task.WhenAll(writers.Select(steps => Task.Run(async () =>
            {
                foreach (var (what, metadata, root) in steps)
                    await ApplyAsync(library, what, metadata, root);
            })));
            await library.CollectAsync(Cancellation);
            await ShouldHoldExactlyItsImagesAsync(library);
        }, iter: 12, threads: 1);
    }

    private static async Task ApplyAsync(ImageLibrary library, int what, int metadata, int root)
    {
        var key = new ImageKey("default", TestImages.Digest([.. Metadata[metadata], .. Roots[root]]));
        try
        {
            if (what < 4)
                await library.AddAsync(TestImages.Upload(Metadata[metadata], Roots[root]), new(), Cancellation);
            else if (what < 7)
                await library.DeleteAsync(key, null, Cancellation);
            else if (what < 9)
                await library.CollectAsync(Cancellation);
            else
                await library.CleanUpAsync(Cancellation);
            await CheckAsync(library);
        }
        catch (StapesException e) when (e.Kind is ErrorKind.Conflict or ErrorKind.NotFound)
        {
            // The image was there already, or was not.
        }
    }

    /// <summary>Of an image that is listed before and after, and not in between deleted, the bytes are there.</summary>
    private static async Task CheckAsync(ImageLibrary library)
    {
        var before = await library.GetSnapshotAsync(Cancellation);
        var missing = new List<Sha256Digest>();
        foreach (var digest in before.Images.SelectMany(DigestsOf).Distinct())
        {
            if (await HashAsync(library, digest) != digest)
                missing.Add(digest);
        }

        if (ReferenceEquals(before, await library.GetSnapshotAsync(Cancellation)))
            missing.ShouldBeEmpty();
    }
}
