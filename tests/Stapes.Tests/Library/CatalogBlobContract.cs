using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Tests.Library;

/// <summary>What every <see cref="ICatalog"/> must do with blobs.</summary>
public abstract class CatalogBlobContract : CatalogContract
{
    private static readonly Image First = TestImages.Record(1);

    private static readonly DateTimeOffset Later = Now.AddHours(3);

    [Fact]
    public async Task Blobs_of_an_image_are_never_marked()
    {
        await using var catalog = Open();
        await AddAsync(catalog, First);

        (await catalog.MarkAsync(Later, 100, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Blobs_of_a_deleted_image_are_marked_after_the_grace_period()
    {
        await using var catalog = Open();
        await AddAsync(catalog, First);
        await catalog.DeleteImageAsync(First.Key, static _ => { }, Now, Cancellation);

        (await catalog.MarkAsync(Now, 100, Cancellation)).ShouldBeEmpty();
        (await catalog.MarkAsync(Now.AddMilliseconds(1), 100, Cancellation)).ShouldBe(DigestsOf(First), ignoreOrder: true);
    }

    [Fact]
    public async Task A_blob_that_another_image_needs_stays()
    {
        await using var catalog = Open();
        var second = TestImages.Record(2) with { RootFile = First.RootFile };
        await AddAsync(catalog, First);
        await AddAsync(catalog, second);
        await AddAsync(catalog, second with { Project = "other" });

        await catalog.DeleteImageAsync(First.Key, static _ => { }, Now, Cancellation);
        (await catalog.MarkAsync(Later, 100, Cancellation)).ShouldBe([First.MetadataFile.Digest]);

        await catalog.DeleteImageAsync(second.Key, static _ => { }, Now, Cancellation);
        (await catalog.MarkAsync(Later, 100, Cancellation)).ShouldBe([First.MetadataFile.Digest]);
    }

    [Fact]
    public async Task A_claimed_blob_is_not_marked_until_the_claim_ends()
    {
        await using var catalog = Open();
        var claim = Guid.NewGuid();
        await catalog.TryClaimAsync(claim, [First.MetadataFile], Cancellation);

        (await catalog.MarkAsync(Later, 100, Cancellation)).ShouldBeEmpty();
        await catalog.ReleaseClaimAsync(claim, Cancellation);
        (await catalog.MarkAsync(DateTimeOffset.UnixEpoch, 100, Cancellation)).ShouldBe([First.MetadataFile.Digest], "never used: no grace");
    }

    [Fact]
    public async Task Claims_of_a_process_that_is_gone_can_be_ended()
    {
        await using (var catalog = Open())
            await catalog.TryClaimAsync(Guid.NewGuid(), [First.MetadataFile], Cancellation);

        await using var again = Open();
        (await again.MarkAsync(Later, 100, Cancellation)).ShouldBeEmpty();
        await again.ReleaseAllClaimsAsync(Cancellation);
        (await again.MarkAsync(DateTimeOffset.UnixEpoch, 100, Cancellation)).ShouldBe([First.MetadataFile.Digest]);
    }

    [Fact]
    public async Task A_failed_import_takes_no_grace_from_a_deleted_image()
    {
        await using var catalog = Open();
        await AddAsync(catalog, First);
        await catalog.DeleteImageAsync(First.Key, static _ => { }, Now, Cancellation);
        var claim = Guid.NewGuid();
        await catalog.TryClaimAsync(claim, [First.MetadataFile], Cancellation);
        await catalog.ReleaseClaimAsync(claim, Cancellation);

        (await catalog.MarkAsync(Now, 100, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_marked_blob_cannot_be_claimed_until_it_is_forgotten()
    {
        await using var catalog = Open();
        await AddAsync(catalog, First);
        await catalog.DeleteImageAsync(First.Key, static _ => { }, Now, Cancellation);
        var marked = await catalog.MarkAsync(Later, 100, Cancellation);

        (await catalog.TryClaimAsync(Guid.NewGuid(), [TestImages.Record(2).MetadataFile, First.MetadataFile], Cancellation)).ShouldBeFalse();
        await catalog.ForgetAsync(marked, Cancellation);

        await AddAsync(catalog, First);
        await catalog.ForgetAsync(marked, Cancellation);
        (await catalog.MarkAsync(Later, 100, Cancellation)).ShouldBeEmpty("the image is back, and half a claim claims nothing");
    }

    [Fact]
    public async Task A_mark_that_was_not_finished_is_found_again()
    {
        await using (var catalog = Open())
        {
            await AddAsync(catalog, First);
            await catalog.DeleteImageAsync(First.Key, static _ => { }, Now, Cancellation);
            (await catalog.MarkAsync(Later, 1, Cancellation)).Count.ShouldBe(1);
        }

        await using var again = Open();
        (await again.MarkAsync(Later, 1, Cancellation)).ShouldBe(DigestsOf(First), ignoreOrder: true);
    }

    [Fact]
    public async Task Stored_blobs_that_are_unknown_are_marked()
    {
        await using var catalog = Open();
        await AddAsync(catalog, First);
        var stray = TestImages.Digest("stray");

        (await catalog.MarkUnknownAsync([.. DigestsOf(First), stray], Cancellation)).ShouldBe([stray]);
        (await catalog.MarkAsync(DateTimeOffset.UnixEpoch, 100, Cancellation)).ShouldBe([stray]);
    }

    [Fact]
    public async Task Blobs_are_public_as_long_as_a_public_image_needs_or_needed_them()
    {
        await using var catalog = Open();
        var digest = First.RootFile!.Digest;
        await AddAsync(catalog, First);
        (await catalog.IsVisibleAsync(digest, Audience.Everyone, Now, Cancellation)).ShouldBeFalse("the image is private");

        await catalog.UpdateImageAsync(First.Key, static i => i with { Public = true }, Cancellation);
        (await catalog.IsVisibleAsync(digest, Audience.Everyone, Now, Cancellation)).ShouldBeTrue();
        (await catalog.IsVisibleAsync(First.MetadataFile.Digest, Audience.Everyone, Now, Cancellation)).ShouldBeTrue();

        await catalog.UpdateImageAsync(First.Key, static i => i with { Public = false }, Cancellation);
        (await catalog.IsVisibleAsync(digest, Audience.Everyone, Now, Cancellation)).ShouldBeFalse("it is private again");

        await catalog.UpdateImageAsync(First.Key, static i => i with { Public = true }, Cancellation);
        await catalog.DeleteImageAsync(First.Key, static _ => { }, Now, Cancellation);
        (await catalog.IsVisibleAsync(digest, Audience.Everyone, Now.AddHours(-2), Cancellation)).ShouldBeTrue("deleted, but within the grace period");
        (await catalog.IsVisibleAsync(digest, Audience.Everyone, Now.AddHours(2), Cancellation)).ShouldBeFalse("the grace period is over");
    }

    [Fact]
    public async Task Blobs_of_a_deleted_private_image_are_not_public()
    {
        await using var catalog = Open();
        await AddAsync(catalog, First);
        await catalog.DeleteImageAsync(First.Key, static _ => { }, Now, Cancellation);

        (await catalog.IsVisibleAsync(First.RootFile!.Digest, Audience.Everyone, Now.AddHours(-2), Cancellation)).ShouldBeFalse();
    }

    private static IEnumerable<Sha256Digest> DigestsOf(Image image) => [image.MetadataFile.Digest, image.RootFile!.Digest];
}
