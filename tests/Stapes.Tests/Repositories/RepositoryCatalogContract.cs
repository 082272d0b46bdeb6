using System.Security.Cryptography;
using System.Text;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Repositories;
using Stapes.Tests.Library;

namespace Stapes.Tests.Repositories;

/// <summary>What every <see cref="IRepositoryCatalog"/> must do, together with the catalogue that counts its blobs.</summary>
public abstract class RepositoryCatalogContract
{
    private const string Repository = "library/app";

    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public abstract ICatalog Open();

    [Fact]
    public async Task A_repository_begins_with_its_first_blob_and_ends_with_its_last()
    {
        await using var catalog = Open();
        (await catalog.Repositories.ExistsAsync(Repository, Cancellation)).ShouldBeFalse();

        var blob = await AddAsync(catalog, "a");

        (await catalog.Repositories.ListAsync("", 10, Cancellation)).ShouldBe([Repository]);
        (await catalog.Repositories.FindBlobAsync(Repository, blob.Digest, Cancellation)).ShouldBe(blob);
        (await catalog.Repositories.DeleteBlobAsync(Repository, blob.Digest, Now, Cancellation)).ShouldBeTrue();
        (await catalog.Repositories.DeleteBlobAsync(Repository, blob.Digest, Now, Cancellation)).ShouldBeFalse();
        await catalog.Repositories.ExpireAsync(Now, Now, 10, Cancellation);
        (await catalog.Repositories.ExistsAsync(Repository, Cancellation)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_blob_of_a_repository_is_never_marked_and_a_deleted_one_after_the_grace()
    {
        await using var catalog = Open();
        var blob = await AddAsync(catalog, "a");

        (await MarkAsync(catalog, Now.AddDays(9))).ShouldBeEmpty();
        await catalog.Repositories.DeleteBlobAsync(Repository, blob.Digest, Now, Cancellation);
        (await MarkAsync(catalog, Now)).ShouldBeEmpty();
        (await MarkAsync(catalog, Now.AddMilliseconds(1))).ShouldBe([blob.Bytes]);
    }

    [Fact]
    public async Task A_blob_that_another_repository_or_an_image_needs_stays()
    {
        await using var catalog = Open();
        var image = TestImages.Record(1);
        var root = image.RootFile!;
        var claim = Guid.NewGuid();
        await catalog.TryClaimAsync(claim, [image.MetadataFile, root], Cancellation);
        await catalog.AddImageAsync(claim, image, replaceAliases: false, Cancellation);
        var blob = new RepositoryBlob("sha256:" + root.Digest.Hex, root.Digest, root.Size);
        await AddAsync(catalog, blob);
        await catalog.Repositories.MountBlobAsync(Repository, "other", blob.Digest, Now, Cancellation);

        await catalog.Repositories.DeleteBlobAsync(Repository, blob.Digest, Now, Cancellation);
        (await MarkAsync(catalog, Now.AddDays(9))).ShouldBeEmpty();
        await catalog.Repositories.DeleteBlobAsync("other", blob.Digest, Now, Cancellation);
        (await MarkAsync(catalog, Now.AddDays(9))).ShouldBeEmpty();

        await AddAsync(catalog, blob);
        await catalog.DeleteImageAsync(image.Key, static _ => { }, Now, Cancellation);
        (await MarkAsync(catalog, Now.AddDays(9))).ShouldBe([image.MetadataFile.Digest]);
    }

    [Fact]
    public async Task A_blob_that_no_manifest_needs_leaves_its_repository_when_its_time_is_over()
    {
        await using var catalog = Open();
        var (needed, idle, renewed) = (await AddAsync(catalog, "needed"), await AddAsync(catalog, "idle"), await AddAsync(catalog, "renewed"));
        await PushAsync(catalog, Manifest("m", [needed]));
        await catalog.Repositories.RenewBlobAsync(Repository, renewed.Digest, Now.AddHours(1), Cancellation);

        (await catalog.Repositories.ExpireAsync(Now, Now, 10, Cancellation)).ShouldBe(0);
        (await catalog.Repositories.ExpireAsync(Now.AddHours(1), Now.AddHours(1), 10, Cancellation)).ShouldBe(1);

        (await catalog.Repositories.FindBlobAsync(Repository, idle.Digest, Cancellation)).ShouldBeNull();
        (await catalog.Repositories.FindBlobAsync(Repository, renewed.Digest, Cancellation)).ShouldNotBeNull();
        (await catalog.Repositories.FindBlobAsync(Repository, needed.Digest, Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public async Task The_time_of_a_blob_begins_when_the_last_manifest_that_needs_it_goes()
    {
        await using var catalog = Open();
        var blob = await AddAsync(catalog, "a");
        var (first, second) = (Manifest("1", [blob]), Manifest("2", [blob]));
        await PushAsync(catalog, first);
        await PushAsync(catalog, second);

        await catalog.Repositories.DeleteManifestAsync(Repository, first.Manifest.Digest, Now.AddDays(1), Cancellation);
        (await catalog.Repositories.ExpireAsync(Now.AddDays(9), Now, 10, Cancellation)).ShouldBe(0);
        await catalog.Repositories.DeleteManifestAsync(Repository, second.Manifest.Digest, Now.AddDays(2), Cancellation);
        (await catalog.Repositories.ExpireAsync(Now.AddDays(2), Now, 10, Cancellation)).ShouldBe(0);
        (await catalog.Repositories.ExpireAsync(Now.AddDays(2).AddSeconds(1), Now, 10, Cancellation)).ShouldBe(1);
    }

    [Fact]
    public async Task A_blob_that_a_manifest_needs_cannot_be_deleted()
    {
        await using var catalog = Open();
        var blob = await AddAsync(catalog, "a");
        await PushAsync(catalog, Manifest("m", [blob]));

        (await FaultAsync(() => catalog.Repositories.DeleteBlobAsync(Repository, blob.Digest, Now, Cancellation))).ShouldBe(RepositoryFault.InUse);
    }

    [Fact]
    public async Task A_manifest_that_names_missing_content_or_a_wrong_size_changes_nothing()
    {
        await using var catalog = Open();
        var blob = await AddAsync(catalog, "a");
        var missing = Manifest("m", [blob]) with { Manifests = [new(DigestOf("x"), 1)], Tags = ["t"] };
        var wrong = Manifest("m", [blob with { Size = 7 }]) with { Tags = ["t"] };

        (await FaultAsync(() => PushAsync(catalog, missing))).ShouldBe(RepositoryFault.MissingContent);
        (await FaultAsync(() => PushAsync(catalog, wrong))).ShouldBe(RepositoryFault.WrongSize);
        (await catalog.Repositories.FindTaggedAsync(Repository, "t", Cancellation)).ShouldBeNull();
        (await catalog.Repositories.FindManifestAsync(Repository, missing.Manifest.Digest, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task A_tag_leads_to_the_manifest_that_was_pushed_last_and_goes_with_it()
    {
        await using var catalog = Open();
        var (first, second) = (Manifest("1", []), Manifest("2", []));
        await PushAsync(catalog, first with { Tags = ["latest", "1"] });
        await PushAsync(catalog, second with { Tags = ["latest"] });

        (await catalog.Repositories.FindTaggedAsync(Repository, "latest", Cancellation))!.Content.ToArray().ShouldBe(second.Manifest.Content.ToArray());
        (await catalog.Repositories.DeleteManifestAsync(Repository, second.Manifest.Digest, Now, Cancellation)).ShouldBeTrue();
        (await catalog.Repositories.FindTaggedAsync(Repository, "latest", Cancellation)).ShouldBeNull();
        (await catalog.Repositories.ListTagsAsync(Repository, "", 10, Cancellation)).ShouldBe(["1"]);
        (await catalog.Repositories.DeleteTagAsync(Repository, "1", Cancellation)).ShouldBeTrue();
        (await catalog.Repositories.FindManifestAsync(Repository, first.Manifest.Digest, Cancellation)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Tags_come_in_the_order_of_their_bytes_page_by_page()
    {
        await using var catalog = Open();
        await PushAsync(catalog, Manifest("m", []) with { Tags = ["b", "B", "a", "_", "10", "9"] });

        (await catalog.Repositories.ListTagsAsync(Repository, "", 3, Cancellation)).ShouldBe(["10", "9", "B"]);
        (await catalog.Repositories.ListTagsAsync(Repository, "B", 3, Cancellation)).ShouldBe(["_", "a", "b"]);
    }

    [Fact]
    public async Task A_precondition_sees_the_tag_and_stops_the_push()
    {
        await using var catalog = Open();
        var first = Manifest("1", []) with { Tags = ["t"] };
        string? seen = "nothing";
        await PushAsync(catalog, first with { Precondition = digest => seen = digest });
        seen.ShouldBeNull();

        var stopped = Manifest("2", []) with { Tags = ["t"], Precondition = static digest => throw new StapesException(ErrorKind.PreconditionFailed, digest!) };
        (await Should.ThrowAsync<StapesException>(() => PushAsync(catalog, stopped))).Message.ShouldBe(first.Manifest.Digest);
        (await catalog.Repositories.FindTaggedAsync(Repository, "t", Cancellation))!.Digest.ShouldBe(first.Manifest.Digest);
    }

    [Fact]
    public async Task Referrers_are_found_by_subject_and_type_also_when_the_subject_is_missing()
    {
        await using var catalog = Open();
        var subject = DigestOf("subject");
        var (first, second) = (Manifest("1", []), Manifest("2", []));
        await PushAsync(catalog, first with { Subject = subject, ArtifactType = "a/b", Annotations = """{"k":"v"}""" });
        await PushAsync(catalog, second with { Subject = subject });

        var all = await catalog.Repositories.ListReferrersAsync(Repository, subject, null, "", 10, 1000, Cancellation);
        all.Select(static r => r.Digest).ShouldBe(new[] { first.Manifest.Digest, second.Manifest.Digest }.Order(StringComparer.Ordinal));
        (await catalog.Repositories.ListReferrersAsync(Repository, subject, null, all[0].Digest, 10, 1000, Cancellation)).ShouldBe([all[1]]);
        (await catalog.Repositories.ListReferrersAsync(Repository, subject, "a/b", "", 10, 1000, Cancellation))
            .ShouldBe([new(first.Manifest.Digest, "type", "a/b", 1, """{"k":"v"}""")]);
        (await catalog.Repositories.ListReferrersAsync("other", subject, null, "", 10, 1000, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Referrers_with_long_annotations_come_two_at_a_time_so_that_memory_holds_them()
    {
        await using var catalog = Open();
        var subject = DigestOf("subject");
        for (var i = 0; i < 5; i++)
            await PushAsync(catalog, Manifest($"{i}", []) with { Subject = subject, Annotations = $$"""{"k":"{{new string('v', 1000)}}"}""" });

        (await catalog.Repositories.ListReferrersAsync(Repository, subject, null, "", 10, 10, Cancellation)).Count.ShouldBe(2);
        (await catalog.Repositories.ListReferrersAsync(Repository, subject, null, "", 10, 2500, Cancellation)).Count.ShouldBe(3);
        (await catalog.Repositories.ListReferrersAsync(Repository, subject, null, "", 10, 10_000, Cancellation)).Count.ShouldBe(5);
    }

    [Fact]
    public async Task A_blob_is_mounted_from_where_it_is()
    {
        await using var catalog = Open();
        var blob = await AddAsync(catalog, "a");

        (await catalog.Repositories.MountBlobAsync("nowhere", "other", blob.Digest, Now, Cancellation)).ShouldBeNull();
        (await catalog.Repositories.ExistsAsync("other", Cancellation)).ShouldBeFalse();
        (await catalog.Repositories.MountBlobAsync(Repository, "other", blob.Digest, Now, Cancellation)).ShouldBe(blob);
        (await catalog.Repositories.FindHoldersAsync(blob.Digest, 10, Cancellation)).ShouldBe([Repository, "other"]);
    }

    [Fact]
    public async Task Uploads_are_noted_by_owner_and_age()
    {
        await using var catalog = Open();
        var (old, young) = (new UploadRecord(Guid.NewGuid(), Repository, "me", Now), new UploadRecord(Guid.NewGuid(), Repository, "me", Now.AddSeconds(1)));
        await catalog.Repositories.AddUploadAsync(young, Cancellation);
        await catalog.Repositories.AddUploadAsync(old, Cancellation);

        (await catalog.Repositories.FindUploadAsync(old.Id, Cancellation)).ShouldBe(old);
        (await catalog.Repositories.ListUploadsAsync("me", Cancellation)).ShouldBe([old, young]);
        (await catalog.Repositories.ListUploadsAsync("you", Cancellation)).ShouldBeEmpty();
        await catalog.Repositories.DeleteUploadAsync(old.Id, Cancellation);
        (await catalog.Repositories.ListUploadsAsync(null, Cancellation)).ShouldBe([young]);
    }

    private static async Task<RepositoryBlob> AddAsync(ICatalog catalog, string content)
    {
        var digest = Sha256Digest.FromBytes(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
        var blob = new RepositoryBlob("sha256:" + digest.Hex, digest, content.Length);
        await AddAsync(catalog, blob);
        return blob;
    }

    private static async Task AddAsync(ICatalog catalog, RepositoryBlob blob)
    {
        var claim = Guid.NewGuid();
        (await catalog.TryClaimAsync(claim, [new ImageFile(blob.Bytes, blob.Size, "")], Cancellation)).ShouldBeTrue();
        await catalog.Repositories.AddBlobAsync(claim, Repository, blob, Now, Cancellation);
    }

    private static Task PushAsync(ICatalog catalog, ManifestPush push) => catalog.Repositories.PushManifestAsync(Repository, push, Now, Cancellation);

    private static ManifestPush Manifest(string content, IReadOnlyList<RepositoryBlob> blobs) => new()
    {
        Manifest = new(DigestOf(content), "type", Encoding.UTF8.GetBytes(content)),
        Blobs = [.. blobs.Select(static b => new ManifestPart(b.Digest, b.Size))],
    };

    private static string DigestOf(string content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    private static Task<IReadOnlyList<Sha256Digest>> MarkAsync(ICatalog catalog, DateTimeOffset before) => catalog.MarkAsync(before, 100, Cancellation);

    private static async Task<RepositoryFault> FaultAsync(Func<Task> action) => (await Should.ThrowAsync<RepositoryException>(action)).Fault;
}
