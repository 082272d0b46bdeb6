namespace Stapes.EndToEnd.Peers;

/// <summary>The servers that all tests share: one Incus daemon, and one nginx over the directory of trees.</summary>
public sealed class PeerServers : IAsyncLifetime
{
    private static readonly string WebDirectory = Path.Combine(PeersTree.Directory, "web");

    private readonly string trees = Path.Combine(PeersTree.Directory, "trees");
    private WebServer? web;

    /// <summary>For servers at the loopback address, issued by the authority that the peers trust.</summary>
    internal static string Certificate { get; } = Path.Combine(WebDirectory, "server.crt");

    internal static string Authority { get; } = Path.Combine(WebDirectory, "ca.crt");

    internal static string Key { get; } = Path.Combine(WebDirectory, "server.key");

    public async ValueTask InitializeAsync()
    {
        if (PeersTree.Root is null)
            return;
        if (Directory.Exists(PeersTree.Directory))
            Directory.Delete(PeersTree.Directory, recursive: true);
        Directory.CreateDirectory(trees);
        Directory.CreateDirectory(WebDirectory);

        await CertificateAuthority.CreateAsync(WebDirectory);
        web = new WebServer(WebDirectory, trees);
        await web.StartAsync();
        await IncusDaemon.StartAsync();    // after the authority: it reads the trusted ones once
    }

    public async ValueTask DisposeAsync()
    {
        if (web is null)
            return;
        await IncusDaemon.StopAsync();
        await web.DisposeAsync();
        await CertificateAuthority.ForgetAsync();
        Directory.Delete(PeersTree.Directory, recursive: true);
    }

    /// <summary>An empty directory that nginx serves, and its address.</summary>
    internal (string Directory, Uri Address) CreateSite()
    {
        var name = Path.GetRandomFileName();
        return (Directory.CreateDirectory(Path.Combine(trees, name)).FullName, new Uri(web!.Address, name));
    }
}
