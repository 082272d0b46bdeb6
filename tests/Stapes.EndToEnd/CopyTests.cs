using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Servers;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary><c>stapes image copy</c> between a tree behind nginx, directories, the Incus daemon and <c>stapes serve</c>: fingerprints stay.</summary>
public sealed class CopyTests(PeerServers peers)
{
    private readonly string home = Directory.CreateDirectory(Path.Combine(PeersTree.Directory, "home", Path.GetRandomFileName())).FullName;

    private string Conf => Path.Combine(home, "conf");

    [PeersTheory]
    [InlineData("")]
    [InlineData("locked")]
    public async Task Images_go_from_a_web_server_to_directories_and_through_incusd_and_back(string location)
    {
        var (tree, images) = await PublishAsync(location);
        await AddLabAsync();

        await CopyAllAsync(tree, "web:", "./first:", images);
        await CopyAllAsync(tree, "./first:", "lab:", images);
        await CopyAllAsync(tree, "lab:", "./second:", images);
        (await Stapes("image", "copy", "lab:", "./second:", "--all").OutputAsync()).ShouldBe($"0 copied, {images.Count} already there\n");
    }

    [PeersFact]
    public async Task Incusd_pulls_from_a_web_server_and_follows_it()
    {
        var (_, images) = await PublishAsync();
        await AddLabAsync();

        (await Stapes("image", "copy", $"web:{images[0].Name}", "lab:", "--alias", "mine", "--auto-update").OutputAsync()).ShouldBe("Image copied successfully!\n");

        var shown = await Stapes("image", "show", "lab:mine").OutputAsync();
        shown.ShouldContain("auto_update: true\n");
        (await FingerprintsAsync("lab:")).ShouldBe([images[0].Fingerprint]);
    }

    [PeersTheory]
    [InlineData("pull")]
    [InlineData("push")]
    [InlineData("relay")]
    public async Task Incusd_and_stapes_serve_copy_in_every_mode(string mode)
    {
        await using var store = await ServedStore.StartAsync();
        await AddLabAsync();
        var image = await store.Images.SquashfsAsync($"copied-{mode}");
        await store.Server.Import(image, ["--alias", image.Name]).OutputAsync();
        string[] socket = ["--data", store.Server.DataDirectory];

        (await Stapes(["image", "copy", $"local:{image.Name}", "lab:", "--mode", mode, "--copy-aliases", .. socket]).OutputAsync()).ShouldBe("Image copied successfully!\n");
        (await FingerprintsAsync("lab:")).ShouldBe([image.Fingerprint]);

        await store.Server.Image("delete", image.Fingerprint).OutputAsync();
        (await Stapes(["image", "copy", $"lab:{image.Name}", "local:", "--mode", mode, .. socket]).OutputAsync()).ShouldBe("Image copied successfully!\n");
        (await store.Server.FingerprintsAsync()).ShouldBe([image.Fingerprint]);
    }

    [PeersFact]
    public async Task Stapes_serve_is_copied_over_both_protocols()
    {
        await using var store = await ServedStore.StartAsync();
        TestImage[] images = [await store.PublishAsync(store.Images.SquashfsAsync("copied-squashfs")), await store.PublishAsync(store.Images.UnifiedDiskAsync("copied-disk"))];
        await Stapes("remote", "add", "api", store.Server.Address.AbsoluteUri, "--public", "--accept-certificate").OutputAsync();
        await Stapes("remote", "add", "streams", store.Server.Address.AbsoluteUri, "--protocol=simplestreams", "--accept-certificate").OutputAsync();

        foreach (var remote in ServedStore.NetworkRemotes)
        {
            (await Stapes("image", "copy", $"{remote}:", $"./of-{remote}:", "--all", "--copy-aliases").OutputAsync()).ShouldBe("2 copied, 0 already there\n");
            (await FingerprintsAsync($"./of-{remote}:")).ShouldBe(images.Select(static i => i.Fingerprint), ignoreOrder: true);
            await Stapes("tree", "-C", $"of-{remote}", "verify").OutputAsync();
        }
    }

    private async Task<(PublishedTree Tree, IReadOnlyList<TestImage> Images)> PublishAsync(string location = "")
    {
        var tree = PublishedTree.Create(peers);
        TestImage[] images = [await tree.Images.SquashfsAsync("copied-container"), await tree.Images.DiskAsync("copied-machine"), await tree.Images.UnifiedAsync("copied-unified")];
        foreach (var image in images)
            await tree.PublishAsync(image);
        var address = location.Length == 0 ? tree.Address.AbsoluteUri
            : tree.Address.AbsoluteUri.Replace("https://", "https://me:p%40ss@", StringComparison.Ordinal).Replace($"{tree.Address.Authority}/", $"{tree.Address.Authority}/{location}/", StringComparison.Ordinal);
        await Stapes("remote", "add", "web", address, "--protocol=simplestreams", "--accept-certificate").OutputAsync();
        return (tree, images);
    }

    /// <summary>The Incus daemon, which trusts us, with a project that has no images.</summary>
    private async Task AddLabAsync()
    {
        var store = await ImageStore.CreateAsync();
        var token = (await PeersTree.Run(home, "incus", "config", "trust", "add", Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal), "--quiet").OutputAsync()).Trim().Split('\n')[^1];
        await Stapes("remote", "add", "lab", token, "--project", store.Project).OutputAsync();
    }

    private async Task CopyAllAsync(PublishedTree tree, string source, string target, IReadOnlyList<TestImage> images)
    {
        (await Stapes("image", "copy", source, target, "--all", "--copy-aliases").OutputAsync()).ShouldBe($"{images.Count} copied, 0 already there\n", $"{source} {target} of {tree.Directory}");
        (await FingerprintsAsync(target)).ShouldBe(images.Select(static i => i.Fingerprint), ignoreOrder: true);
    }

    private async Task<string[]> FingerprintsAsync(string place) =>
        (await Stapes("image", "list", place, "-c", "F", "-f", "csv").OutputAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private Command Stapes(params IReadOnlyList<string> arguments) => arguments[0] == "tree"
        ? StapesProgram.Run(home, arguments)
        : StapesProgram.Run(home, [.. arguments, "--config", Conf]);
}
