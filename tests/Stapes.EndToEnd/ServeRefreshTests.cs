using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>A copy that the Incus daemon keeps up to date follows what <c>stapes serve</c> has.</summary>
public sealed class ServeRefreshTests
{
    [PeersFact]
    public async Task A_moved_alias_reaches_a_copy_over_the_Incus_API()
    {
        await using var store = await ServedStore.StartAsync();
        await RefreshAsync(store, "api:api-moved", ["--alias", "api-moved", "--reuse"], "api-moved");
    }

    [PeersFact]
    public async Task A_moved_alias_reaches_a_copy_over_simplestreams()
    {
        await using var store = await ServedStore.StartAsync();
        await RefreshAsync(store, "streams:streams-moved", ["--alias", "streams-moved", "--reuse"], "streams-moved");
    }

    [PeersFact]
    public async Task A_new_version_of_a_product_reaches_a_copy_over_simplestreams()
    {
        await using var store = await ServedStore.StartAsync();
        await RefreshAsync(store, "streams:Busybox/product/default", [], "product");
    }

    /// <param name="source">What is copied.</param>
    /// <param name="options">How the new version is imported.</param>
    /// <param name="release">Both images are versions of one product.</param>
    private static async Task RefreshAsync(ServedStore store, string source, IReadOnlyList<string> options, string release)
    {
        var old = await store.Images.SquashfsAsync(release, release, Metadata.Created);
        var recent = await store.Images.SquashfsAsync(release + "-2", release, Metadata.Created.AddDays(1));
        await store.PublishAsync(Task.FromResult(old));
        await store.IncusOutputAsync("image", "copy", source, "local:", "--auto-update");
        (await store.IncusOutputAsync("image", "refresh", "local:" + old.Fingerprint)).ShouldContain("already up to date");

        await store.Server.Import(recent, ["--public", .. options]).OutputAsync();
        ForgetIndexes();
        (await store.IncusOutputAsync("image", "refresh", "local:" + old.Fingerprint)).ShouldContain("refreshed successfully");

        (await store.ListAsync("local:", recent.Fingerprint)).ShouldHaveSingleItem();
        (await store.ListAsync("local:", old.Fingerprint)).ShouldBeEmpty();
    }

    /// <summary>The daemon takes a simplestreams index that it read less than an hour ago from its cache.</summary>
    private static void ForgetIndexes()
    {
        foreach (var file in Directory.GetFiles(PeersTree.Root + "/var/cache/incus", "*.json", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-2));
    }
}
