using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Servers;

/// <summary>The registry of <c>stapes serve</c>, whose repositories below <c>public/</c> are public, and the real clients of registries.</summary>
internal sealed class ServedRegistry : IAsyncDisposable
{
    private readonly string home;

    private ServedRegistry(string home, ServerProcess server)
    {
        this.home = home;
        Server = server;
    }

    public ServerProcess Server { get; }

    public string Address => Server.Address.Authority;

    public static async Task<ServedRegistry> StartAsync()
    {
        var home = Directory.CreateDirectory(Path.Combine(PeersTree.Directory, "home", Path.GetRandomFileName())).FullName;
        var server = await ServerProcess.StartAsync(Path.Combine(home, "data"),
            "--listen", "127.0.0.1:0", "--cert", PeerServers.Certificate, "--key", PeerServers.Key, "--oci-public", "public/*");
        Directory.CreateDirectory(Path.Combine(home, ".docker"));
        return new(home, server);
    }

    public Task<DockerRegistry> StartPeerAsync() => StartPeerAsync(new(Path.Combine(home, "docker-registry")));

    /// <summary>An access token of a role.</summary>
    public async Task<string> CreateTokenAsync(string role)
    {
        using var client = LocalClient();
        using var response = await client.PostAsync("/stapes/1.0/tokens", JsonContent.Create(new JsonObject { ["name"] = role, ["role"] = role }));
        var body = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue(body);
        return (string)JsonNode.Parse(body)!["metadata"]!["token"]!;
    }

    /// <summary>Logs skopeo, oras, buildah and podman in: they read one file, which is docker's.</summary>
    public async Task LoginAsync(string role)
    {
        var command = Run("skopeo", "login", "--username", "me", "--password-stdin", "--authfile", AuthFile, Address);
        await (command with { Input = await CreateTokenAsync(role) }).OutputAsync();
    }

    public string AuthFile => PeersTree.Inside(Path.Combine(home, ".docker", "config.json"));

    public Command Run(string program, params IReadOnlyList<string> arguments) => PeersTree.Run(home, program, arguments);

    public Command Skopeo(params IReadOnlyList<string> arguments) => Run("skopeo", [.. arguments, "--authfile", AuthFile]);

    /// <summary>It looks for logins where docker keeps them.</summary>
    public Command Oras(params IReadOnlyList<string> arguments) => Run("oras", arguments);

    /// <summary>It needs no daemon to log in.</summary>
    public Command Docker(params IReadOnlyList<string> arguments) => Run("docker", arguments);

    /// <summary>It unpacks layers in a root of its own, for which the root that it starts in has to be a mount point.</summary>
    public Command Buildah(params IReadOnlyList<string> arguments) => InMounts("", Run("buildah", [.. Storage, .. arguments]));

    /// <summary>As buildah; it wants to know the control groups, and keeps things in <c>/run</c>.</summary>
    public Command Podman(params IReadOnlyList<string> arguments) => InMounts(
        $"mount -t sysfs sysfs {PeersTree.Root}/sys && mount -t cgroup2 cgroup2 {PeersTree.Root}/sys/fs/cgroup && mount -t tmpfs tmpfs {PeersTree.Root}/run && ",
        Run("podman", [.. Storage, .. arguments]));

    /// <summary>Where buildah and podman keep images, which are gone with the test.</summary>
    private IReadOnlyList<string> Storage => ["--storage-driver", "vfs", "--root", Inside("storage"), "--runroot", Inside("run")];

    private static Command InMounts(string mounts, Command inside) => inside with
    {
        Program = "unshare",
        Arguments = ["--mount", "sh", "-c", $"mount --rbind {PeersTree.Root} {PeersTree.Root} && {mounts}exec \"$@\"", "sh", inside.Program, .. inside.Arguments],
    };

    public string Inside(string name) => PeersTree.Inside(Outside(name));

    /// <summary>The path of a file of the clients, as programs outside the peers tree see it.</summary>
    public string Outside(string name) => Path.Combine(home, name);

    /// <summary>Images whose files lie with the clients.</summary>
    public BootableImages Images => new(home);

    /// <summary>stapes as a client, with a configuration of its own.</summary>
    public Command Stapes(params IReadOnlyList<string> arguments) => StapesProgram.Run(home, [.. arguments, "--data", Server.DataDirectory]) with
    {
        Environment = new Dictionary<string, string>
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,
            ["STAPES_CONF"] = Outside("conf"),
            ["XDG_CACHE_HOME"] = Outside("cache"),
        },
    };

    /// <summary>Waits until the server has made an image of what was pushed.</summary>
    public async Task WaitForImageAsync(string fingerprint)
    {
        while (!(await Server.FingerprintsAsync()).Contains(fingerprint))
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    public void Write(string name, byte[] content) => File.WriteAllBytes(Path.Combine(home, name), content);

    public byte[] Read(string name) => File.ReadAllBytes(Path.Combine(home, name));

    /// <summary>An OCI layout <c>layout:app</c> with an image of some layers.</summary>
    public async Task MakeImageAsync(int layers = 3)
    {
        await Run("umoci", "init", "--layout", "layout").OutputAsync();
        await Run("umoci", "new", "--image", "layout:app").OutputAsync();
        for (var i = 0; i < layers; i++)
        {
            var content = new byte[200_000];
            Random.Shared.NextBytes(content);
            Write($"file{i}", content);
            await Run("umoci", "insert", "--image", "layout:app", $"file{i}", $"/file{i}").OutputAsync();
        }
    }

    public async Task<string> DigestAsync(string image)
    {
        using var inspected = JsonDocument.Parse(await Skopeo("inspect", image).OutputAsync());
        return inspected.RootElement.GetProperty("Digest").GetString()!;
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private static async Task<DockerRegistry> StartPeerAsync(DockerRegistry registry)
    {
        await registry.StartAsync();
        return registry;
    }

    private HttpClient LocalClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellation) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(home, "data", "unix.socket")), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new("http://stapes"),
    };
}
