using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Servers;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary><c>stapes remote</c> and <c>stapes image</c> with the real servers, and with the real Incus client's configuration.</summary>
public sealed class RemoteTests(PeerServers peers)
{
    private const string ListFingerprints = "image list -c F -f csv";

    private readonly string home = Directory.CreateDirectory(Path.Combine(PeersTree.Directory, "home", Path.GetRandomFileName())).FullName;

    private string Conf => Path.Combine(home, "conf");

    [PeersTheory]
    [InlineData("")]
    [InlineData("locked")]
    public async Task A_tree_behind_nginx_is_listed_and_exported_also_with_a_password(string location)
    {
        var tree = PublishedTree.Create(peers);
        var image = await tree.Images.SquashfsAsync("remote-tree");
        await tree.PublishAsync(image);
        var address = location.Length == 0 ? tree.Address.AbsoluteUri
            : tree.Address.AbsoluteUri.Replace("https://127.0.0.1", "https://me:p%40ss@127.0.0.1", StringComparison.Ordinal).Replace($"{tree.Address.Authority}/", $"{tree.Address.Authority}/{location}/", StringComparison.Ordinal);

        await OutputAsync("remote", "add", "web", address, "--protocol=simplestreams", "--accept-certificate");

        await ShouldHaveAsync("web", image);
        (await OutputAsync("image", "info", $"web:{image.Name}")).ShouldContain($"Fingerprint: {image.Fingerprint}\n");
        (await OutputAsync("remote", "list")).ShouldNotContain("p%40ss");
        if (location.Length > 0)
            await RefusesWrongPasswordAsync(address);
    }

    [PeersFact]
    public async Task A_directory_is_a_remote()
    {
        var tree = PublishedTree.Create(peers);
        var image = await tree.Images.UnifiedAsync("remote-directory");
        await tree.PublishAsync(image);

        await OutputAsync("remote", "add", "files", $"file://{tree.Directory}", "--protocol=simplestreams");

        await ShouldHaveAsync("files", image);
        await ShouldHaveAsync(tree.Directory, image);
    }

    [PeersFact]
    public async Task Incusd_trusts_us_through_a_token_and_the_real_client_goes_on_with_our_configuration()
    {
        var store = await ImageStore.CreateAsync();
        var image = await store.ImportAsync(store.Images.SquashfsAsync("remote-incusd"));
        var token = (await IncusAsync("config", "trust", "add", Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal), "--quiet")).Trim().Split('\n')[^1];

        (await OutputAsync("remote", "add", "lab", token)).ShouldContain("Client certificate now trusted by server: lab\n");

        (await OutputAsync([.. ListFingerprints.Split(' '), "lab:", "--project", store.Project])).ShouldBe(image.Fingerprint + "\n");
        await ExportsAsync($"lab:{image.Name}", image, "--project", store.Project);
        await OutputAsync("image", "alias", "create", "lab:second", image.Fingerprint[..12], "--project", store.Project);
        await OutputAsync("image", "set-property", "lab:second", "seen=yes", "--project", store.Project);
        (await OutputAsync("image", "get-property", "lab:second", "seen", "--project", store.Project)).ShouldBe("yes\n");

        (await IncusAsync("image", "list", "lab:", "-c", "F", "-f", "csv", "--project", store.Project)).ShouldBe(image.Fingerprint + "\n");
        (await IncusAsync("remote", "list", "-f", "csv", "-c", "np")).ShouldContain("lab,incus\n");

        await IncusAsync("remote", "add", "images2", "https://images.example.org", "--protocol=simplestreams");
        (await OutputAsync("remote", "list", "-f", "csv", "-c", "nup")).ShouldContain("images2,https://images.example.org,simplestreams\n");
        await OutputAsync("image", "delete", "lab:second", "--project", store.Project);
        (await OutputAsync([.. ListFingerprints.Split(' '), "lab:", "--project", store.Project])).ShouldBeEmpty();
        (File.GetUnixFileMode(Path.Combine(Conf, "client.key")) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)).ShouldBe(UnixFileMode.None);
    }

    [PeersFact]
    public async Task A_remote_that_the_real_client_added_is_ours_too()
    {
        var store = await ImageStore.CreateAsync();
        var image = await store.ImportAsync(store.Images.UnifiedAsync("remote-of-incus"));
        var token = (await IncusAsync("config", "trust", "add", Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal), "--quiet")).Trim().Split('\n')[^1];
        await IncusAsync("remote", "add", "lab", token);

        (await OutputAsync([.. ListFingerprints.Split(' '), "lab:", "--project", store.Project])).ShouldBe(image.Fingerprint + "\n");
        await ExportsAsync($"lab:{image.Name}", image, "--project", store.Project);
    }

    [PeersFact]
    public async Task The_public_images_of_incusd_are_there_for_strangers()
    {
        var store = ImageStore.Default();
        var image = await store.ImportAsync(store.Images.SquashfsAsync("remote-public"), "--public");
        await store.ImportAsync(store.Images.SquashfsAsync("remote-private"));

        await OutputAsync("remote", "add", "pub", IncusDaemon.Address, "--public", "--accept-certificate");

        (await OutputAsync([.. ListFingerprints.Split(' '), "pub:", "remote-"])).ShouldBe(image.Fingerprint + "\n");
        await ExportsAsync($"pub:{image.Name}", image);
        var refused = await Stapes("image", "delete", $"pub:{image.Name}").RunAsync();
        refused.ExitCode.ShouldBe(1);
        refused.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1, refused.ToString());
    }

    [PeersFact]
    public async Task Stapes_serve_is_a_remote_over_both_protocols()
    {
        await using var store = await ServedStore.StartAsync();
        TestImage[] images = [await store.PublishAsync(store.Images.SquashfsAsync("remote-squashfs")), await store.PublishAsync(store.Images.UnifiedDiskAsync("remote-disk"))];

        await OutputAsync("remote", "add", "api", store.Server.Address.AbsoluteUri, "--public", "--accept-certificate");
        await OutputAsync("remote", "add", "streams", store.Server.Address.AbsoluteUri, "--protocol=simplestreams", "--accept-certificate");

        foreach (var remote in ServedStore.NetworkRemotes)
            await ShouldHaveAsync(remote, images);
    }

    private async Task RefusesWrongPasswordAsync(string address)
    {
        await OutputAsync("remote", "add", "wrong", address.Replace("p%40ss", "wrong", StringComparison.Ordinal), "--protocol=simplestreams", "--accept-certificate");
        var refused = await Stapes("image", "list", "wrong:").RunAsync();
        refused.ExitCode.ShouldBe(1);
        refused.Errors.ShouldContain("is not for us");
        refused.Errors.ShouldNotContain("wrong@");
    }

    private async Task ShouldHaveAsync(string remote, params IReadOnlyList<TestImage> images)
    {
        var listed = (await OutputAsync([.. ListFingerprints.Split(' '), remote + ":"])).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        listed.ShouldBe(images.Select(static i => i.Fingerprint), ignoreOrder: true);
        foreach (var image in images)
            await ExportsAsync($"{remote}:{image.Name}", image);
    }

    private async Task ExportsAsync(string name, TestImage image, params IReadOnlyList<string> options)
    {
        var directory = Directory.CreateDirectory(Path.Combine(home, Path.GetRandomFileName())).FullName;
        await OutputAsync(["image", "export", name, directory, .. options]);
        TestImage.FromExport(directory).Fingerprint.ShouldBe(image.Fingerprint);
    }

    private Command Stapes(params IReadOnlyList<string> arguments) => StapesProgram.Run(home, [.. arguments, "--config", Conf]);

    private Task<string> OutputAsync(params IReadOnlyList<string> arguments) => Stapes(arguments).OutputAsync();

    /// <summary>The real client, with the configuration of stapes.</summary>
    private Task<string> IncusAsync(params IReadOnlyList<string> arguments)
    {
        var command = PeersTree.Run(home, "incus", arguments);
        return (command with { Environment = new Dictionary<string, string>(command.Environment!) { ["INCUS_CONF"] = PeersTree.Inside(Conf) } }).OutputAsync();
    }
}
