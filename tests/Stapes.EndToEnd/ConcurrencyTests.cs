using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>Many processes that write to one tree.</summary>
public sealed class ConcurrencyTests
{
    [Fact]
    public async Task Two_hundred_adds_at_once_all_survive()
    {
        using var tree = new LocalTree();
        // Twenty products with ten images each, made in the same minute: these want the same name for their version.
        TestImage[] images = [.. Enumerable.Range(0, 200).Select(i => tree.Images.Create($"r{i % 20}", Metadata.Created, 16 << 10))];

        await Task.WhenAll(images.Select(tree.AddAsync));

        var content = tree.Read();
        content.Versions.Count.ShouldBe(200);
        content.Fingerprints.ShouldBe(images.Select(image => image.Fingerprint), ignoreOrder: true);
        content.Unnamed(tree.Directory).ShouldBeEmpty();
    }
}
