using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Servers;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>A tree that <c>stapes serve</c> shows beside its store.</summary>
public sealed class ServeTreeTests : IDisposable
{
    private readonly DirectoryInfo place = Directory.CreateTempSubdirectory("stapes-");
    private readonly LocalTree tree = new();

    public void Dispose()
    {
        tree.Dispose();
        place.Delete(recursive: true);
    }

    [Fact]
    public async Task What_is_added_to_a_tree_and_removed_shows_over_both_protocols_beside_the_store()
    {
        var first = tree.Images.Create("first", Metadata.Created, 16 << 10);
        var second = tree.Images.Create("second", Metadata.Created, 16 << 10);
        var stored = tree.Images.Create("stored", Metadata.Created, 16 << 10);
        await tree.AddAsync(first);
        await using var server = await ServerProcess.StartAsync(Path.Combine(place.FullName, "data"), "--listen", "http://127.0.0.1:0", "--tree", tree.Directory);
        await server.Import(stored, "--public").OutputAsync();
        using var client = new HttpClient { BaseAddress = server.Address };

        await ShowAsync(client, [first, stored], [second]);
        await tree.AddAsync(second);
        await ShowAsync(client, [first, second, stored], []);
        await tree.Run("remove", first.Fingerprint).OutputAsync();
        await ShowAsync(client, [second, stored], [first]);
        await DownloadAsync(client, second);
        await DownloadAsync(client, stored);
    }

    private static async Task ShowAsync(HttpClient client, TestImage[] shown, TestImage[] hidden)
    {
        foreach (var path in (string[])["1.0/images", "streams/v1/images.json"])
        {
            var text = "";
            for (var i = 0; i < 100 && !IsAsExpected(text); i++)
            {
                await Task.Delay(i == 0 ? 0 : 100);
                text = await client.GetStringAsync(new Uri(path, UriKind.Relative));
            }

            IsAsExpected(text).ShouldBeTrue($"{path}: {text}");
        }

        bool IsAsExpected(string text) => shown.All(i => text.Contains(i.Fingerprint, StringComparison.Ordinal))
            && !hidden.Any(i => text.Contains(i.Fingerprint, StringComparison.Ordinal));
    }

    private static async Task DownloadAsync(HttpClient client, TestImage image)
    {
        var body = await client.GetByteArrayAsync(new Uri($"1.0/images/{image.Fingerprint}/export", UriKind.Relative));
        foreach (var file in image.Files)
            body.AsSpan().IndexOf(File.ReadAllBytes(file)).ShouldBeGreaterThan(0, "each file is one part of the body");
    }
}
