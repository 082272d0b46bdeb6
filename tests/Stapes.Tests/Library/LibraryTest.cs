using System.Security.Cryptography;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;

namespace Stapes.Tests.Library;

/// <summary>A library in a real data directory.</summary>
public abstract class LibraryTest : IDisposable
{
    private protected readonly TemporaryDirectory directory = new();

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private protected ManualTime Time { get; } = new();

    public void Dispose()
    {
        directory.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Task<ImageLibrary> OpenAsync(TimeSpan? grace = null) => DataDirectory.OpenLibraryAsync(
        directory["data"], new() { Time = Time, Grace = grace ?? TimeSpan.FromHours(2) }, Cancellation);

    private protected IEnumerable<string> Files(string name) => Directory.Exists(directory[$"data/{name}"])
        ? Directory.EnumerateFiles(directory[$"data/{name}"], "*", SearchOption.AllDirectories).Select(static p => Path.GetFileName(p))
        : [];

    private protected static async Task<ErrorKind> FailsAsync(Func<Task> action) => (await Should.ThrowAsync<StapesException>(action)).Kind;

    /// <summary>Hashes a blob; null when it is not there.</summary>
    private protected static async Task<Sha256Digest?> HashAsync(IImageSource source, Sha256Digest digest, Audience? audience = null)
    {
        await using var blob = await source.OpenBlobAsync(digest, audience ?? Audience.Trusted, Cancellation);
        return blob is null ? null : Sha256Digest.FromBytes(await SHA256.HashDataAsync(blob.OpenRead(0, blob.Length), Cancellation));
    }

    private protected static IEnumerable<Sha256Digest> DigestsOf(Image image) =>
        image.RootFile is null ? [image.MetadataFile.Digest] : [image.MetadataFile.Digest, image.RootFile.Digest];

    /// <summary>Every listed image is readable, and nothing else takes space.</summary>
    private protected async Task ShouldHoldExactlyItsImagesAsync(ImageLibrary library)
    {
        var digests = (await library.GetSnapshotAsync(Cancellation)).Images.SelectMany(DigestsOf).ToHashSet();
        foreach (var digest in digests)
            (await HashAsync(library, digest)).ShouldBe(digest);
        Files("blobs").ShouldBe(digests.Select(static d => d.Hex), ignoreOrder: true);
        Files("tmp").ShouldBeEmpty();
    }
}
