using Stapes.Core.Library;

namespace Stapes.Tests.Library;

public class ImageSnapshotTests
{
    private static readonly ImageSnapshot Snapshot = ImageSnapshot.Create(
        1, [.. Enumerable.Range(0, 500).Select(static i => TestImages.Record(i) with { Project = $"p{i % 3}" })], []);

    [Fact]
    public void A_prefix_finds_the_images_whose_fingerprints_start_so()
    {
        foreach (var prefix in new[] { "", "0", "ff", "a1", "abc", "g", "A" })
        {
            Snapshot.FindByPrefix("p1", prefix).ShouldBe(
                Snapshot.Images.Where(i => i.Project == "p1" && i.Fingerprint.Hex.StartsWith(prefix, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Every_image_is_found_in_its_own_project_only()
    {
        foreach (var image in Snapshot.Images)
        {
            Snapshot.Find(image.Project, image.Fingerprint).ShouldBeSameAs(image);
            Snapshot.Find("p9", image.Fingerprint).ShouldBeNull();
            Snapshot.FindByPrefix(image.Project, image.Fingerprint.Hex).ShouldBe([image]);
        }
    }
}
