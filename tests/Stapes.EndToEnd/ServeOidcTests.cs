using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>The real Incus client signs its user in with a real OpenID Connect issuer, as for a device, and works as that user.</summary>
public sealed class ServeOidcTests
{
    [PeersFact]
    public async Task Incus_signs_a_user_in_who_then_adds_an_image()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var store = await StartAsync(issuer, "publisher");
        await SignInAsync(store, "ann");

        var image = await store.Images.UnifiedAsync("by-ann");
        await store.IncusOutputAsync(["image", "import", .. image.Files.Select(PeersTree.Inside), "corp:", "--alias", "by-ann"]);
        (await store.Server.ExportedFingerprintAsync("by-ann")).ShouldBe(image.Fingerprint);
        (await store.IncusOutputAsync("info", "corp:")).ShouldContain("auth_user_name: ann\n");
        // No private image is shown to anybody else.
        (await store.ListAsync("api:")).ShouldBeEmpty();
    }

    [PeersFact]
    public async Task Incus_shows_a_viewer_private_images_and_lets_them_change_nothing()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var store = await StartAsync(issuer, "viewer");
        var image = await store.Images.UnifiedAsync("hidden");
        await store.Server.Import(image).OutputAsync();
        await SignInAsync(store, "ben");

        (await store.ListAsync("corp:")).ShouldHaveSingleItem();
        var refused = await (await store.IncusAsync("image", "delete", "corp:" + image.Fingerprint)).RunAsync();
        refused.ExitCode.ShouldBe(1, refused.ToString());
        (await store.ListAsync("corp:")).ShouldHaveSingleItem();
    }

    [PeersFact]
    public async Task Incus_works_as_a_user_who_was_added_until_the_user_is_removed()
    {
        await using var issuer = await OidcIssuer.StartAsync();
        await using var store = await StartAsync(issuer, "none");
        await store.Server.Stapes("project", "create", "shop").OutputAsync();
        await store.Server.Stapes("config", "oidc", "add", "cleo", "--role", "publisher", "--project", "shop").OutputAsync();
        await SignInAsync(store, "cleo");

        var image = await store.Images.UnifiedAsync("by-cleo");
        string[] files = [.. image.Files.Select(PeersTree.Inside)];
        await store.IncusOutputAsync(["image", "import", .. files, "corp:", "--project", "shop", "--alias", "by-cleo"]);
        (await store.ListAsync("corp:", "--project", "shop")).ShouldHaveSingleItem();
        (await (await store.IncusAsync(["image", "import", .. files, "corp:", "--project", "default"])).RunAsync()).ExitCode.ShouldBe(1);
        await store.Server.Stapes("config", "oidc", "remove", "cleo").OutputAsync();
        (await (await store.IncusAsync("image", "delete", "corp:by-cleo", "--project", "shop")).RunAsync()).ExitCode.ShouldBe(1);
        (await store.Server.Image("list", "--project", "shop", "-c", "l", "-f", "csv").OutputAsync()).ShouldBe("by-cleo\n");
    }

    private static Task<ServedStore> StartAsync(OidcIssuer issuer, string role) => ServedStore.StartAsync(
        "--oidc-issuer", issuer.Url, "--oidc-client-id", "stapes", "--oidc-audience", "images.example", "--oidc-role", role);

    private static async Task SignInAsync(ServedStore store, string user) => await OidcIssuer.SignInAsync(
        await store.IncusAsync("remote", "add", "corp", store.Server.Address.ToString(), "--auth-type=oidc"), static p => p.StandardOutput, user);
}
