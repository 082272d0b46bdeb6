using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Peers;

/// <summary>The real Incus daemon, empty at the start, with directory storage and containers that have no network.</summary>
internal static class IncusDaemon
{
    /// <summary>Where it listens on the network, since it was started.</summary>
    public static string Address { get; private set; } = "";

    private static readonly string Script = Path.Combine(RepositoryRoot(), "tests", "peers", "incusd");

    public static async Task StartAsync()
    {
        await StopAsync();
        await new Command(Script, "start", PeersTree.Root!).OutputAsync();
        // Servers that copy from it or to it reach it over the network.
        Address = $"https://127.0.0.1:{FreePort.Find()}";
        await RunAsync("config", "set", "core.https_address", Address["https://".Length..]);
        await RunAsync("storage", "create", "default", "dir");
        await RunAsync("profile", "device", "add", "default", "root", "disk", "path=/", "pool=default");
    }

    // Also when the run is being cancelled.
    public static Task StopAsync() => new Command(Script, "stop", PeersTree.Root!).RunAsync(CancellationToken.None);

    private static Task<string> RunAsync(params IReadOnlyList<string> arguments) =>
        PeersTree.Run(PeersTree.Directory, "incus", arguments).OutputAsync();

    public static string RepositoryRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "stapes.slnx")))
            directory = Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The tests do not run from a build of the repository.");
        return directory;
    }
}
