using System.Text.Json;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Servers;

/// <summary>
/// A store that <c>stapes serve</c> keeps, and the real clients of it. They know it three times: as <c>api</c>, the Incus API for
/// strangers; as <c>streams</c>, over simplestreams; and the Incus client as <c>st</c>, over the Unix socket.
/// </summary>
internal sealed class ServedStore : IAsyncDisposable
{
    public static readonly IReadOnlyList<string> NetworkRemotes = ["api", "streams"];

    private readonly string home;
    private readonly HashSet<string> ready = new(StringComparer.Ordinal);

    private ServedStore(string home, ServerProcess server)
    {
        this.home = home;
        Server = server;
        Images = new BootableImages(home);
    }

    public ServerProcess Server { get; }

    public BootableImages Images { get; }

    public static async Task<ServedStore> StartAsync(params IReadOnlyList<string> options)
    {
        var home = Directory.CreateDirectory(Path.Combine(PeersTree.Directory, "home", Path.GetRandomFileName())).FullName;
        var server = await ServerProcess.StartAsync(Path.Combine(home, "data"),
            ["--listen", "127.0.0.1:0", "--cert", PeerServers.Certificate, "--key", PeerServers.Key, .. options]);
        return new(home, server);
    }

    /// <summary>Starts another server on the data of the one before, which has ended.</summary>
    public Task<ServerProcess> RestartAsync() => ServerProcess.StartAsync(Path.Combine(home, "data"),
        ["--listen", "127.0.0.1:0", "--cert", PeerServers.Certificate, "--key", PeerServers.Key]);

    /// <summary>Adds a public image under its own name as an alias.</summary>
    public async Task<TestImage> PublishAsync(Task<TestImage> made, params IReadOnlyList<string> options)
    {
        var image = await made;
        await Server.Import(image, ["--alias", image.Name, "--public", .. options]).OutputAsync();
        return image;
    }

    public async Task<Command> IncusAsync(params IReadOnlyList<string> arguments)
    {
        if (ready.Add("incus"))
        {
            await AddNetworkRemotesAsync("incus");
            await PeersTree.Run(home, "incus", "remote", "add", "st", "unix://" + PeersTree.Inside(Path.Combine(home, "data", "unix.socket"))).OutputAsync();
        }

        return PeersTree.Run(home, "incus", arguments);
    }

    public async Task<Command> LxcAsync(params IReadOnlyList<string> arguments)
    {
        if (ready.Add("lxc"))
            await AddNetworkRemotesAsync("lxc");
        return PeersTree.Run(home, "lxc", arguments);
    }

    /// <summary>
    /// Makes the Incus client of this store known to a server as an administrator, over the network, with a token as its users do it. It
    /// knows the server as <paramref name="remote"/> from then on.
    /// </summary>
    public async Task TrustAsync(string remote, ServerProcess server)
    {
        var token = await server.TrustTokenAsync("end-to-end");
        await (await IncusAsync("remote", "add", remote, token)).OutputAsync();
    }

    /// <summary>What the Incus client prints when it succeeds, as it has to.</summary>
    public async Task<string> IncusOutputAsync(params IReadOnlyList<string> arguments) => await (await IncusAsync(arguments)).OutputAsync();

    public async Task<string> LxcOutputAsync(params IReadOnlyList<string> arguments) => await (await LxcAsync(arguments)).OutputAsync();

    /// <summary>The images of a remote, as the Incus client lists them.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListAsync(params IReadOnlyList<string> remoteAndFilters) =>
        [.. JsonDocument.Parse(await IncusOutputAsync(["image", "list", .. remoteAndFilters, "--format", "json"])).RootElement.EnumerateArray()];

    /// <summary>A directory for what a client writes, as seen from outside the peers tree.</summary>
    public string CreateDirectory(string name) => Directory.CreateDirectory(Path.Combine(home, name)).FullName;

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private async Task AddNetworkRemotesAsync(string client)
    {
        await PeersTree.Run(home, client, "remote", "add", "api", Server.Address.ToString(), "--public").OutputAsync();
        await PeersTree.Run(home, client, "remote", "add", "streams", Server.Address.ToString(), "--protocol=simplestreams").OutputAsync();
    }
}
