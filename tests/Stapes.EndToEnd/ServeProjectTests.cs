using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>The real client in the projects of <c>stapes serve</c>.</summary>
public sealed class ServeProjectTests
{
    [PeersFact]
    public async Task Incus_keeps_images_and_aliases_of_projects_apart()
    {
        await using var store = await ServedStore.StartAsync();
        await store.TrustAsync("corp", store.Server);
        await store.IncusOutputAsync("project", "create", "corp:shop");
        (await store.IncusOutputAsync("project", "show", "corp:shop")).ShouldContain("features.images: \"true\"");
        (await store.IncusOutputAsync("project", "get", "corp:shop", "features.images")).ShouldBe("true\n");

        var (first, second) = (await store.Images.UnifiedAsync("first"), await store.Images.UnifiedAsync("second"));
        await store.IncusOutputAsync(["image", "import", .. first.Files.Select(PeersTree.Inside), "corp:", "--alias", "same"]);
        await store.IncusOutputAsync("project", "switch", "corp:shop");
        (await store.ListAsync("corp:")).ShouldBeEmpty();
        await store.IncusOutputAsync(["image", "import", .. second.Files.Select(PeersTree.Inside), "corp:", "--alias", "same"]);
        await FindsAsync(second.Fingerprint, "corp:same");
        await FindsAsync(first.Fingerprint, "corp:same", "--project", "default");
        (await store.ListAsync("corp:", "--all-projects")).Count.ShouldBe(2);
        (await store.IncusOutputAsync("image", "alias", "list", "corp:", "-f", "csv")).ShouldContain(second.Fingerprint[..12]);

        await store.IncusOutputAsync("image", "copy", "corp:same", "corp:", "--target-project", "default", "--alias", "copied");
        (await store.ListAsync("corp:", "--project", "default")).Count.ShouldBe(2);
        (await (await store.IncusAsync("project", "delete", "corp:shop")).RunAsync()).ExitCode.ShouldBe(1, "it has an image");
        await store.IncusOutputAsync("image", "delete", "corp:same");
        await store.IncusOutputAsync("project", "switch", "corp:default");
        await store.IncusOutputAsync("project", "delete", "corp:shop");
        (await store.IncusOutputAsync("project", "list", "corp:", "-f", "csv")).ShouldNotContain("shop");
        await FindsAsync(first.Fingerprint, "corp:same");

        async Task FindsAsync(string fingerprint, params string[] name) =>
            (await store.IncusOutputAsync(["image", "info", .. name])).ShouldContain($"Fingerprint: {fingerprint}\n");
    }
}
