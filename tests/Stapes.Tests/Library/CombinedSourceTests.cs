using CsCheck;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Storage;
using Stapes.Tests.Protocols.Simplestreams;

namespace Stapes.Tests.Library;

public sealed class CombinedSourceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Images_and_aliases_of_all_sources_are_there_and_the_first_source_has_its_way() =>
        Gen.Select(SomeImages.Sets, SomeImages.Sets).Sample((first, second) =>
        {
            // The same bytes may have come by both ways.
            var shared = first.Take(2).Select(static (i, n) => (i with { Public = !i.Public }).Named($"other{n}"));
            IReadOnlyList<Image> others = [.. second.Where(s => first.All(f => f.Fingerprint != s.Fingerprint)), .. shared];
            using var combined = new CombinedSource([new FixedSource(first), new FixedSource(others)]);
            var snapshot = Read(combined);

            snapshot.Images.Select(static i => i.Fingerprint).ShouldBe(first.Concat(others).Select(static i => i.Fingerprint).Distinct().OrderBy(static f => f.Hex, StringComparer.Ordinal));
            foreach (var image in first)
            {
                var shown = snapshot.Find(Image.DefaultProject, image.Fingerprint)!;
                shown.ShouldBe(image with { Aliases = shown.Aliases, Properties = shown.Properties });
                image.Aliases.ShouldBeSubsetOf(shown.Aliases);
            }

            foreach (var alias in snapshot.Aliases)
            {
                alias.Targets.Select(static t => (t.Type, t.Architecture)).ShouldBeUnique();
                foreach (var target in alias.Targets)
                    snapshot.Find(alias.Project, target.Fingerprint)!.Aliases.ShouldContain(a => a.Name == alias.Name);
            }

            snapshot.Images.Sum(static i => i.Aliases.Count).ShouldBe(snapshot.Aliases.Sum(static a => a.Targets.Count));
            first.Concat(others).SelectMany(static i => i.Aliases).ShouldAllBe(a => snapshot.FindAlias(Image.DefaultProject, a.Name) != null);
        }, iter: 200);

    [Fact]
    public void The_snapshot_is_the_same_until_a_source_changes_and_then_its_generation_grows()
    {
        var (store, tree) = (new FixedSource([SomeImages.Of("1")]), new FixedSource([SomeImages.Of("2")]));
        using var combined = new CombinedSource([store, tree]);
        var changes = 0;
        combined.Changed += (_, _) => changes++;
        var before = Read(combined);
        Read(combined).ShouldBeSameAs(before);
        tree.Change([]);
        var after = Read(combined);
        after.Images.ShouldHaveSingleItem();
        after.Generation.ShouldBeGreaterThan(before.Generation);
        changes.ShouldBe(1);
    }

    [Fact]
    public void A_snapshot_that_was_let_go_is_made_again_and_newer_than_the_last()
    {
        using var combined = new CombinedSource([new FixedSource([SomeImages.Of("1")]), new FixedSource([SomeImages.Of("2")])]);
        var before = Read(combined);

        combined.ReleaseSnapshot();
        var after = Read(combined);

        after.Images.ShouldBe(before.Images);
        after.Generation.ShouldBeGreaterThan(before.Generation);
        Read(combined).ShouldBeSameAs(after);
    }

    [Fact]
    public void The_time_of_a_use_is_no_new_generation()
    {
        var store = new FixedSource([SomeImages.Of("1")]);
        using var combined = new CombinedSource([store]);
        var before = Read(combined);
        store.Touch(SomeImages.Of("1") with { LastUsedAt = DateTimeOffset.UnixEpoch });
        var after = Read(combined);
        after.Generation.ShouldBe(before.Generation);
        after.Images[0].LastUsedAt.ShouldBe(DateTimeOffset.UnixEpoch);
    }

    [Fact]
    public async Task Bytes_come_from_the_first_source_that_has_them()
    {
        using var directory = new TemporaryDirectory();
        await using var library = await DataDirectory.OpenLibraryAsync(directory["data"], new(), Cancellation);
        var image = await library.AddAsync(TestImages.Upload("1"), new() { Public = true }, Cancellation);
        using var combined = new CombinedSource([new FixedSource([]), library]);
        await using var blob = await combined.OpenBlobAsync(image.MetadataFile.Digest, Audience.Everyone, Cancellation);
        blob!.Length.ShouldBe(image.Size);
        (await combined.OpenBlobAsync(TestImages.Digest("none"), Audience.Everyone, Cancellation)).ShouldBeNull();
    }

    private static ImageSnapshot Read(CombinedSource source) => source.GetSnapshotAsync(Cancellation).AsTask().GetAwaiter().GetResult();

    /// <summary>Images in memory, without bytes.</summary>
    private sealed class FixedSource(IEnumerable<Image> images) : IImageSource
    {
        private ImageSnapshot present = SomeImages.Snapshot(1, images);

        public event EventHandler? Changed;

        public void Change(IEnumerable<Image> now)
        {
            present = SomeImages.Snapshot(present.Generation + 1, now);
            Changed?.Invoke(this, EventArgs.Empty);
        }

        public void Touch(params IEnumerable<Image> now) => present = SomeImages.Snapshot(present.Generation, now);

        public ValueTask<ImageSnapshot> GetSnapshotAsync(CancellationToken cancellation) => new(present);

        public ValueTask<Blob?> OpenBlobAsync(Sha256Digest digest, Audience audience, CancellationToken cancellation) => new((Blob?)null);
    }
}
