using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>The real Incus client at the Unix socket of <c>stapes serve</c>, where it may write.</summary>
public sealed class ServeSocketTests
{
    [PeersFact]
    public async Task Incus_imports_and_exports_every_kind_of_image()
    {
        await using var store = await ServedStore.StartAsync();
        TestImage[] images =
        [
            await store.Images.SquashfsAsync("squashfs"), await store.Images.RootTarballAsync("tarball"), await store.Images.UnifiedAsync("unified"),
            await store.Images.DiskAsync("disk"), await store.Images.UnifiedDiskAsync("unified-disk"),
        ];

        foreach (var image in images)
        {
            await ImportAsync(store, image, "--public", "imported=yes");
            var listed = (await store.ListAsync("st:", image.Fingerprint)).ShouldHaveSingleItem();
            listed.GetProperty("type").GetString().ShouldBe(image.Type);
            listed.GetProperty("public").GetBoolean().ShouldBeTrue();
            listed.GetProperty("properties").GetProperty("imported").GetString().ShouldBe("yes");
            (await store.Server.ExportedFingerprintAsync(image.Name)).ShouldBe(image.Fingerprint);

            var exported = store.CreateDirectory("exported-" + image.Name);
            await store.IncusOutputAsync("image", "export", "st:" + image.Name, PeersTree.Inside(exported));
            TestImage.FromExport(exported).Fingerprint.ShouldBe(image.Fingerprint);
        }
    }

    [PeersFact]
    public async Task Incus_edits_an_image()
    {
        await using var store = await ServedStore.StartAsync();
        var image = await ImportAsync(store, await store.Images.UnifiedAsync("unified"));

        var shown = await store.IncusOutputAsync("image", "show", "st:unified");
        shown.ShouldContain("public: false");
        var edit = await store.IncusAsync("image", "edit", "st:unified");
        await (edit with { Input = shown.Replace("public: false", "public: true", StringComparison.Ordinal) }).OutputAsync();
        await store.IncusOutputAsync("image", "set-property", "st:unified", "note", "two words");
        await store.IncusOutputAsync("image", "unset-property", "st:unified", "variant");

        (await store.IncusOutputAsync("image", "get-property", "st:unified", "note")).ShouldBe("two words\n");
        var listed = (await store.ListAsync("st:", image.Fingerprint)).ShouldHaveSingleItem();
        listed.GetProperty("public").GetBoolean().ShouldBeTrue();
        listed.GetProperty("properties").TryGetProperty("variant", out _).ShouldBeFalse();
        (await store.IncusOutputAsync("image", "info", "st:unified")).ShouldContain("note: two words");
    }

    [PeersFact]
    public async Task Incus_changes_aliases_and_deletes_an_image()
    {
        await using var store = await ServedStore.StartAsync();
        var image = await ImportAsync(store, await store.Images.UnifiedAsync("unified"));

        await store.IncusOutputAsync("image", "alias", "create", "st:second", image.Fingerprint, "--description", "the second");
        await store.IncusOutputAsync("image", "alias", "rename", "st:second", "third");
        await store.IncusOutputAsync("image", "alias", "delete", "st:unified");
        (await store.IncusOutputAsync("image", "alias", "list", "st:", "-f", "csv")).ShouldBe($"third,{image.Fingerprint[..12]},CONTAINER,the second\n");

        await store.IncusOutputAsync("image", "delete", "st:third");
        (await store.ListAsync("st:")).ShouldBeEmpty();
        (await store.IncusOutputAsync("image", "alias", "list", "st:", "-f", "csv")).ShouldBeEmpty();
    }

    [PeersFact]
    public async Task Incus_copies_an_image_from_the_daemon_to_the_store()
    {
        await using var store = await ServedStore.StartAsync();
        var image = await store.PublishAsync(store.Images.SquashfsAsync("to-and-fro"));
        await store.IncusOutputAsync("image", "copy", "api:to-and-fro", "local:");
        await store.IncusOutputAsync("image", "delete", "st:to-and-fro");

        await store.IncusOutputAsync("image", "copy", "local:" + image.Fingerprint, "st:", "--mode=relay", "--alias", "back");

        (await store.Server.ExportedFingerprintAsync("back")).ShouldBe(image.Fingerprint);
    }

    [PeersFact]
    public async Task A_private_image_does_not_exist_for_strangers()
    {
        await using var store = await ServedStore.StartAsync();
        var seen = await store.PublishAsync(store.Images.UnifiedAsync("public"));
        var hidden = await ImportAsync(store, await store.Images.UnifiedAsync("private"), "--alias", "hidden");

        foreach (var remote in ServedStore.NetworkRemotes)
        {
            (await store.ListAsync(remote + ":")).ShouldHaveSingleItem().GetProperty("fingerprint").GetString().ShouldBe(seen.Fingerprint);
            foreach (var command in (string[])["info", "show", "export"])
            {
                await AnswersAlikeAsync(store, command, remote, "hidden", "absent");
                await AnswersAlikeAsync(store, command, remote, hidden.Fingerprint, new string('a', 64));
            }
        }
    }

    private static async Task AnswersAlikeAsync(ServedStore store, string command, string remote, string hidden, string absent)
    {
        var result = await (await store.IncusAsync("image", command, $"{remote}:{hidden}")).RunAsync();
        result.ExitCode.ShouldBe(1, result.ToString());
        result.Output.ShouldBeEmpty();
        result.Errors.ShouldMatch("not found|couldn't be found");
        result.Errors.ShouldBe((await (await store.IncusAsync("image", command, $"{remote}:{absent}")).RunAsync()).Errors.Replace(absent, hidden, StringComparison.Ordinal));
    }

    private static async Task<TestImage> ImportAsync(ServedStore store, TestImage image, params string[] options)
    {
        (await store.IncusOutputAsync(["image", "import", .. image.Files.Select(PeersTree.Inside), "st:", "--alias", image.Name, .. options]))
            .ShouldEndWith($"Image imported with fingerprint: {image.Fingerprint}\n");
        return image;
    }
}
