using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Servers;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>A container and a virtual machine under one alias, and <c>--vm</c>, which tells which of them is meant.</summary>
public sealed class VirtualMachineTests(PeerServers peers)
{
    private const string Alias = "both";

    private readonly string home = Directory.CreateDirectory(Path.Combine(PeersTree.Directory, "home", Path.GetRandomFileName())).FullName;

    [PeersTheory]
    [InlineData("nginx")]
    [InlineData("serve")]
    [InlineData("directory")]
    public async Task Vm_chooses_the_virtual_machine_of_an_alias(string server)
    {
        var (tree, container, machine) = await PublishAsync();
        await using var serve = server == "serve"
            ? await ServerProcess.StartAsync(Path.Combine(home, "data"), "--listen", "127.0.0.1:0", "--cert", PeerServers.Certificate, "--key", PeerServers.Key, "--tree", tree.Directory)
            : null;
        var remote = server == "directory" ? tree.Directory : "web";
        if (server != "directory")
            await OutputAsync("remote", "add", "web", (serve?.Address ?? tree.Address).AbsoluteUri, "--protocol=simplestreams", "--accept-certificate");

        foreach (var (image, options) in ((TestImage, string[])[])[(container, []), (machine, ["--vm"])])
        {
            (await OutputAsync(["image", "info", $"{remote}:{Alias}", .. options])).ShouldStartWith($"Fingerprint: {image.Fingerprint}\n");
            (await OutputAsync(["image", "info", $"{remote}:{Alias}", .. options])).ShouldContain($"Type: {image.Type}\n");

            var exported = Directory.CreateDirectory(Path.Combine(home, $"exported{options.Length}")).FullName;
            await OutputAsync(["image", "export", $"{remote}:{Alias}", exported, .. options]);
            TestImage.FromExport(exported).Fingerprint.ShouldBe(image.Fingerprint);

            var copied = $"./copied{options.Length}:";
            (await OutputAsync(["image", "copy", $"{remote}:{Alias}", copied, "--copy-aliases", .. options])).ShouldBe("Image copied successfully!\n");
            (await OutputAsync("image", "list", copied, "-c", "F", "-f", "csv")).ShouldBe(image.Fingerprint + "\n");
            (await OutputAsync("image", "list", copied, Alias, "-c", "t", "-f", "csv")).ShouldBe(image.Type.ToUpperInvariant() + "\n");
        }

        (await OutputAsync("image", "copy", $"{remote}:", "./all:", "--all", "--vm")).ShouldBe("1 copied, 0 already there\n");
        (await OutputAsync("image", "list", "./all:", "-c", "F", "-f", "csv")).ShouldBe(machine.Fingerprint + "\n");
    }

    [PeersFact]
    public async Task Vm_has_servers_pull_the_virtual_machine()
    {
        var (tree, container, machine) = await PublishAsync();
        var store = await ImageStore.CreateAsync();
        var token = (await PeersTree.Run(home, "incus", "config", "trust", "add", Path.GetRandomFileName().Replace(".", "", StringComparison.Ordinal), "--quiet").OutputAsync()).Trim().Split('\n')[^1];
        await OutputAsync("remote", "add", "lab", token, "--project", store.Project);
        await using var serve = await ServedStore.StartAsync();
        await OutputAsync("remote", "add", "web", tree.Address.AbsoluteUri, "--protocol=simplestreams", "--accept-certificate");

        foreach (var (target, options) in ((string, string[])[])[("lab:", []), ("local:", ["--data", serve.Server.DataDirectory])])
        {
            await OutputAsync(["image", "copy", $"web:{Alias}", target, "--vm", "--mode", "pull", .. options]);
            (await OutputAsync(["image", "list", target, "-c", "Ft", "-f", "csv", .. options])).ShouldBe($"{machine.Fingerprint},VIRTUAL-MACHINE\n");
            await OutputAsync(["image", "copy", $"web:{Alias}", target, "--mode", "pull", .. options]);
            (await OutputAsync(["image", "list", target, "-c", "F", "-f", "csv", .. options])).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .ShouldBe([machine.Fingerprint, container.Fingerprint], ignoreOrder: true);
        }
    }

    [PeersFact]
    public async Task An_image_is_shown_as_the_real_client_shows_it()
    {
        var (tree, _, _) = await PublishAsync();
        await OutputAsync("remote", "add", "tree", tree.Address.AbsoluteUri, "--protocol=simplestreams", "--accept-certificate");

        foreach (var words in (string[][])[["image", "info", $"tree:{Alias}"], ["image", "show", $"tree:{Alias}"], ["image", "info", $"tree:{Alias}", "--vm"], ["image", "show", $"tree:{Alias}", "--vm"]])
            (await OutputAsync(words)).ShouldBe(await tree.IncusAsync(words), string.Join(' ', words));
        // Their index says nothing of an end, which Incus takes for the start of the epoch.
        (await OutputAsync("image", "show", $"tree:{Alias}")).ShouldContain("expires_at: 1970-01-01T00:00:00Z\n");
    }

    private async Task<(PublishedTree Tree, TestImage Container, TestImage Machine)> PublishAsync()
    {
        var tree = PublishedTree.Create(peers);
        var container = await tree.Images.SquashfsAsync("vm-container");
        var machine = await tree.Images.DiskAsync("vm-machine");
        foreach (var image in (TestImage[])[container, machine])
            await StapesProgram.Run(tree.Directory, ["tree", "add", .. image.Files, "--alias", Alias]).OutputAsync();
        return (tree, container, machine);
    }

    private Task<string> OutputAsync(params IReadOnlyList<string> arguments) => StapesProgram.Run(home, [.. arguments, "--config", Path.Combine(home, "conf")]).OutputAsync();
}
