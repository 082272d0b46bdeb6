using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stapes.EndToEnd.Peers;

namespace Stapes.EndToEnd;

/// <summary><c>stapes image</c> beside <c>incus image</c>, on the same images of a real Incus daemon.</summary>
public sealed class ImageCommandTests
{
    [PeersFact]
    public async Task Both_clients_print_the_same_lists()
    {
        var store = await ImageStore.CreateAsync();
        await store.ImportAsync(store.Images.SquashfsAsync("squashfs"), "--alias", "second/name", "os=Other <os>", "--public");
        await store.ImportAsync(store.Images.UnifiedAsync("unified"));
        await store.ImportAsync(store.Images.DiskAsync("disk"));

        string[][] lists =
        [
            .. ((string[])["table", "compact", "csv", "markdown", "csv,header", "table,noheader"]).Select(static f => (string[])["list", "-f", f]),
            .. ((string[])["table", "csv", "json", "yaml"]).Select(static f => (string[])["alias", "list", "-f", f]),
            // The daemon gives several images in an order of its own each time.
            ["list", "unified", "-f", "json"],
            ["list", "unified", "-f", "yaml"],
            ["list", "-c", "lLFfpdeastu,properties:os"],
            ["list", "os=busybox"],
            ["list", "os=Busy.*", "type=virtual-machine"],
            ["list", "description=Busybox unified"],
            ["list", "local:", "name"],
            ["list", "--all-projects", "second"],
            ["alias", "list", "-c", "da", "name"],
        ];
        foreach (var list in lists)
            (await store.Stapes(list).OutputAsync()).ShouldBe(await store.Incus(list).OutputAsync(), string.Join(' ', list));
    }

    [PeersFact]
    public async Task Both_clients_print_the_same_about_an_image()
    {
        var store = await ImageStore.CreateAsync();
        foreach (var image in new[] { await store.ImportAsync(store.Images.SquashfsAsync("squashfs"), "text=two: words"), await store.ImportAsync(store.Images.DiskAsync("disk")) })
        {
            foreach (var name in new[] { image.Name, "local:" + image.Name, image.Fingerprint, image.Fingerprint[..12] })
            {
                (await store.Stapes("show", name).OutputAsync()).ShouldBe(await store.Incus("show", name).OutputAsync());
                // The Incus client prints properties in another order each time.
                Lines(await store.Stapes("info", name).OutputAsync()).ShouldBe(Lines(await store.Incus("info", name).OutputAsync()));
            }
        }

        (await store.Stapes("get-property", "squashfs", "text").OutputAsync()).ShouldBe("two: words\n");
        (await store.Stapes("info", "squashfs", "--vm").RunAsync()).Errors.ShouldBe("Error: Virtual machine image \"squashfs\" not found on local; see `stapes image list local:`\n");
        (await store.Stapes("list", "-c", "lx").RunAsync()).Errors.ShouldBe((await store.Incus("list", "-c", "lx").RunAsync()).Errors);
    }

    [PeersFact]
    public async Task Both_clients_export_the_same_files()
    {
        var store = await ImageStore.CreateAsync();
        string[] names =
        [
            (await store.ImportAsync(store.Images.SquashfsAsync("squashfs"))).Name,
            (await store.ImportAsync(store.Images.UnifiedAsync("unified"))).Name,
            (await store.ImportAsync(store.Images.DiskAsync("disk"))).Name,
        ];
        var (ours, theirs) = (store.CreateDirectory("ours"), store.CreateDirectory("theirs"));
        foreach (var name in names)
        {
            foreach (var target in new[] { "", "/" + name })
            {
                (await store.Stapes("export", name, "ours" + target).OutputAsync()).ShouldBe("Image exported successfully!\n");
                await store.Incus("export", name, "theirs" + target).OutputAsync();
            }
        }

        Directory.GetFiles(ours).Length.ShouldBe(10);
        Contents(ours).ShouldBe(Contents(theirs));
    }

    [PeersFact]
    public async Task Both_clients_import_the_same_image()
    {
        var store = await ImageStore.CreateAsync();
        foreach (var image in new[] { await store.Images.SquashfsAsync("squashfs"), await store.Images.UnifiedAsync("unified"), await store.Images.DiskAsync("disk") })
        {
            await store.ImportAsync(Task.FromResult(image), "--public", "a=1", "b=c&d=é");
            var ours = await store.ImageAsync(image.Fingerprint);
            await store.Stapes("delete", image.Name).OutputAsync();
            await store.Incus(["import", .. image.Files.Select(PeersTree.Inside), "--alias", image.Name, "--public", "a=1", "b=c&d=é"]).OutputAsync();
            var theirs = await store.ImageAsync(image.Fingerprint);

            WithoutUpload(ours).ShouldBe(WithoutUpload(theirs));
        }
    }

    [PeersFact]
    public async Task Incus_sees_what_stapes_changes()
    {
        var store = await ImageStore.CreateAsync();
        var image = await store.ImportAsync(store.Images.UnifiedAsync("unified"));

        await store.Stapes("set-property", "unified", "one=1", "two=2").OutputAsync();
        await store.Stapes("unset-property", "unified", "one", "variant").OutputAsync();
        var edited = (await store.Stapes("show", "unified").OutputAsync()).Replace("public: false", "public: true", StringComparison.Ordinal);
        await (store.Stapes("edit", "unified") with { Input = edited }).OutputAsync();
        await store.Stapes("alias", "create", "second", image.Fingerprint[..12], "--description", "the second").OutputAsync();
        await store.Stapes("alias", "rename", "second", "third").OutputAsync();
        await store.Stapes("alias", "delete", "unified").OutputAsync();

        var seen = await store.ImageAsync(image.Fingerprint);
        seen.GetProperty("public").GetBoolean().ShouldBeTrue();
        seen.GetProperty("properties").EnumerateObject().Select(static p => p.Name).ShouldBe(["architecture", "description", "os", "release", "two"]);
        (await store.Incus("alias", "list", "-f", "csv").OutputAsync()).ShouldBe($"third,{image.Fingerprint[..12]},CONTAINER,the second\n");

        await store.Stapes("delete", "third").OutputAsync();
        (await store.Incus("list", "-f", "csv").OutputAsync()).ShouldBeEmpty();
    }

    [PeersFact]
    public async Task A_reused_alias_takes_an_image_with_it_that_has_no_other()
    {
        var store = await ImageStore.CreateAsync();
        await store.ImportAsync(store.Images.UnifiedAsync("first"), "--alias", "kept");
        await store.ImportAsync(store.Images.UnifiedAsync("second"));
        var third = await store.Images.UnifiedAsync("third");

        await store.Stapes(["import", .. third.Files, "--alias", "first", "--alias", "second", "--reuse"]).OutputAsync();

        (await store.Incus("list", "-c", "L", "-f", "csv").OutputAsync()).ShouldBe("\"first\nsecond\"\nkept\n");
    }

    [PeersFact]
    public async Task Each_of_several_images_that_cannot_be_deleted_is_named()
    {
        var store = await ImageStore.CreateAsync();
        await store.ImportAsync(store.Images.UnifiedAsync("unified"));

        var result = await store.Stapes("delete", "none", "unified", "other:unified").RunAsync();

        result.ExitCode.ShouldBe(1);
        result.Errors.ShouldBe("Error: Image \"none\" not found on local; see `stapes image list local:`\nError: The remote \"other\" doesn't exist; see `stapes remote list`\n");
        (await store.Incus("list", "-f", "csv").OutputAsync()).ShouldBeEmpty();
    }

    private static IEnumerable<string> Lines(string text) => text.Split('\n').Order(StringComparer.Ordinal);

    private static Dictionary<string, string> Contents(string directory) =>
        Directory.GetFiles(directory).ToDictionary(static f => Path.GetFileName(f), static f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f))));

    private static string WithoutUpload(JsonElement image)
    {
        var fields = JsonNode.Parse(image.GetRawText())!.AsObject();
        fields.Remove("uploaded_at").ShouldBeTrue();
        return fields.ToJsonString();
    }
}
