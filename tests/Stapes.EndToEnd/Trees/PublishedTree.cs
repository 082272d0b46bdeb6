using System.Text.Json;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Trees;

/// <summary>A tree that stapes keeps and nginx serves, and the clients of it: each has it as the remote "tree".</summary>
internal sealed class PublishedTree
{
    private readonly string home;

    private PublishedTree(string directory, Uri address, string home)
    {
        Directory = directory;
        Address = address;
        this.home = home;
        Images = new BootableImages(home);
    }

    public string Directory { get; }

    public Uri Address { get; }

    public BootableImages Images { get; }

    public static PublishedTree Create(PeerServers peers)
    {
        var (directory, address) = peers.CreateSite();
        var ofItsClients = Path.Combine(PeersTree.Directory, "home", Path.GetFileName(directory));
        return new PublishedTree(directory, address, System.IO.Directory.CreateDirectory(ofItsClients).FullName);
    }

    /// <summary>Adds the image under its own name as an alias, and makes the tree known to both clients.</summary>
    public async Task PublishAsync(TestImage image)
    {
        await StapesProgram.Run(Directory, ["tree", "add", .. image.Files, "--alias", image.Name]).OutputAsync();
    }

    public Task<string> IncusAsync(params IReadOnlyList<string> arguments) => ClientAsync("incus", arguments);

    public Task<string> LxcAsync(params IReadOnlyList<string> arguments) => ClientAsync("lxc", arguments);

    /// <summary>A directory for what a client writes, as seen from outside the peers tree.</summary>
    public string CreateDirectory(string name) => System.IO.Directory.CreateDirectory(Path.Combine(home, name)).FullName;

    public async Task<JsonElement> IncusJsonAsync(params IReadOnlyList<string> arguments) =>
        JsonDocument.Parse(await IncusAsync([.. arguments, "--format", "json"])).RootElement;

    private async Task<string> ClientAsync(string client, IReadOnlyList<string> arguments)
    {
        // A client's first run has to know the remote.
        var known = Path.Combine(home, client + ".remote");
        if (!File.Exists(known))
        {
            await PeersTree.Run(home, client, "remote", "add", "tree", Address.ToString(), "--protocol=simplestreams").OutputAsync();
            File.WriteAllText(known, "");
        }

        return await PeersTree.Run(home, client, arguments).OutputAsync();
    }
}
