using System.Security.Cryptography;
using System.Text;
using Stapes.Core;
using Stapes.Core.Library;
using Stapes.Core.Repositories;
using Stapes.Tests.Library;

namespace Stapes.Tests.Repositories;

/// <summary>The collector beside pushes: what a manifest needs is there, and nothing else stays.</summary>
public sealed class RepositoryCollectionTests : LibraryTest
{
    private const string Repository = "app";

    [Fact]
    public async Task A_pushed_blob_waits_a_day_for_its_manifest_and_then_goes()
    {
        await using var library = await OpenAsync(TimeSpan.Zero);
        var (needed, idle) = (await PushAsync(library, "needed"), await PushAsync(library, "idle"));
        await library.Repositories.PushManifestAsync(Repository, Manifest(needed), Cancellation);

        Time.Now += TimeSpan.FromDays(1);
        await library.CollectAsync(Cancellation);
        Files("blobs").Count().ShouldBe(2);

        Time.Now += TimeSpan.FromSeconds(1);
        await library.CollectAsync(Cancellation);
        Time.Now += TimeSpan.FromSeconds(1);
        await library.CollectAsync(Cancellation);
        Files("blobs").ShouldBe([needed.Bytes.Hex]);
        (await library.Repositories.FindBlobAsync(Repository, idle.Digest, Cancellation)).ShouldBeNull();
    }

    [Fact]
    public async Task A_blob_that_a_pusher_asked_for_stays_for_the_whole_grace()
    {
        await using var library = await OpenAsync(TimeSpan.Zero);
        var blob = await PushAsync(library, "a");
        Time.Now += TimeSpan.FromHours(23);
        (await library.Repositories.RenewBlobAsync(Repository, blob.Digest, Cancellation)).ShouldNotBeNull();
        Time.Now += TimeSpan.FromHours(23);

        await library.CollectAsync(Cancellation);
        await library.Repositories.PushManifestAsync(Repository, Manifest(blob), Cancellation);
    }

    [Fact]
    public async Task An_abandoned_upload_goes_after_a_day_also_that_of_an_earlier_process()
    {
        await using (var library = await OpenAsync())
            await BeginAsync(library);
        await using (var library = await OpenAsync())
        {
            await BeginAsync(library);
            await library.CollectAsync(Cancellation);
            Files("tmp").Count().ShouldBe(2);
            Time.Now += TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1);
            await library.CollectAsync(Cancellation);
            Files("tmp").ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task An_upload_that_goes_on_is_not_abandoned()
    {
        await using var library = await OpenAsync();
        var upload = await BeginAsync(library);
        for (var i = 0; i < 3; i++)
        {
            Time.Now += TimeSpan.FromHours(20);
            await library.CollectAsync(Cancellation);
            await library.Repositories.Uploads.AppendAsync(upload, new(new MemoryStream("x"u8.ToArray())), "sha256:", Cancellation);
        }

        upload.Length.ShouldBe(6);
    }

    [Fact]
    public async Task The_layer_of_two_repositories_and_of_an_image_is_stored_once()
    {
        await using var library = await OpenAsync(TimeSpan.Zero);
        var first = await PushAsync(library, "shared");
        var second = await PushAsync(library, "shared", "other");

        Files("blobs").ShouldBe([first.Bytes.Hex]);
        await library.Repositories.DeleteBlobAsync(Repository, first.Digest, Cancellation);
        Time.Now += TimeSpan.FromHours(1);
        await library.CollectAsync(Cancellation);
        await using var blob = await library.Repositories.OpenBlobAsync(second, Cancellation);
        blob.ShouldNotBeNull();
    }

    [Fact]
    public async Task Pushes_beside_the_collector_lose_nothing()
    {
        await using var library = await OpenAsync(TimeSpan.Zero);
        using var stop = new CancellationTokenSource();
        var collecting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                Time.Now += TimeSpan.FromSeconds(1);
                await library.CollectAsync(Cancellation);
            }
        }, Cancellation);

        await Parallel.ForAsync(0, 4, Cancellation, async (worker, _) =>
        {
            for (var i = 0; i < 50; i++)
            {
                // The same few blobs over and over: pushed, used, deleted, collected.
                var blob = await PushAsync(library, $"blob {i % 3}", $"repository{worker}");
                var manifest = Manifest(blob, $"{worker} {i}");
                await library.Repositories.PushManifestAsync($"repository{worker}", manifest, Cancellation);
                await using (var bytes = await library.Repositories.OpenBlobAsync(blob, Cancellation))
                    bytes.ShouldNotBeNull();
                await library.Repositories.DeleteManifestAsync($"repository{worker}", manifest.Manifest.Digest, Cancellation);
                await library.Repositories.DeleteBlobAsync($"repository{worker}", blob.Digest, Cancellation);
            }
        });

        await stop.CancelAsync();
        await collecting;
        Time.Now += TimeSpan.FromHours(1);
        await library.CollectAsync(Cancellation);
        Files("blobs").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_full_disk_ends_the_upload_and_leaves_nothing()
    {
        await using var library = await OpenAsync();
        var upload = await library.Repositories.Uploads.BeginAsync(Repository, "me", Cancellation);

        // A stream that fails as a full disk does: the file system itself is another test's business.
        (await FailsAsync(() => library.Repositories.Uploads.AppendAsync(upload, new(new BrokenDisk()), "sha256:", Cancellation))).ShouldBe(ErrorKind.Full);
        Files("tmp").ShouldBeEmpty();
        (await FailsAsync(() => library.Repositories.Uploads.FindAsync(Repository, upload.Record.Id, Cancellation))).ShouldBe(ErrorKind.NotFound);
    }

    [Fact]
    public async Task A_request_that_waits_for_its_turn_at_an_upload_is_ended_by_the_next_one_too()
    {
        await using var library = await OpenAsync();
        var upload = await library.Repositories.Uploads.BeginAsync(Repository, "me", Cancellation);
        var first = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = upload.RunAsync(_ => first.Task, Cancellation);
        var hanging = upload.RunAsync(static async token =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return true;
        }, Cancellation);
        var last = upload.RunAsync(static _ => Task.FromResult(true), Cancellation);
        first.SetResult(true);

        (await last.WaitAsync(TimeSpan.FromMinutes(1), Cancellation)).ShouldBeTrue();
        (await running).ShouldBeTrue();
        await Should.ThrowAsync<OperationCanceledException>(hanging);
    }

    private static async Task<BlobUpload> BeginAsync(ImageLibrary library)
    {
        var upload = await library.Repositories.Uploads.BeginAsync(Repository, "me", Cancellation);
        await library.Repositories.Uploads.AppendAsync(upload, new(new MemoryStream("abc"u8.ToArray())), "sha256:", Cancellation);
        return upload;
    }

    private static async Task<RepositoryBlob> PushAsync(ImageLibrary library, string content, string repository = Repository)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        return await library.Repositories.Uploads.AddAsync(
            repository, new MemoryStream(bytes), "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)), Cancellation);
    }

    private static ManifestPush Manifest(RepositoryBlob blob, string content = "m")
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        return new()
        {
            Manifest = new("sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)), "type", bytes),
            Blobs = [new(blob.Digest, blob.Size)],
        };
    }

    private sealed class BrokenDisk : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new StapesException(ErrorKind.Full, "no space is left there");
    }
}
