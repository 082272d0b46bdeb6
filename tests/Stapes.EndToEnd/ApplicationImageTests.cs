using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Servers;

namespace Stapes.EndToEnd;

/// <summary>Application images of a real registry, turned into images that the real Incus launches; umoci says what their roots have to be.</summary>
public sealed class ApplicationImageTests
{
    [PeersFact]
    public async Task The_root_is_the_one_that_umoci_unpacks()
    {
        await using var store = await ServedStore.StartAsync();
        var (_, work, root) = await ExportAsync(store);

        await PeersTree.Run(work, "umoci", "unpack", "--keep-dirlinks", "--image", "layout:app", "bundle").OutputAsync();
        await PeersTree.Run(work, "unsquashfs", "-no-progress", "-quiet", "-d", "unpacked", root).OutputAsync();

        (await DescribeAsync(work, "unpacked")).ShouldBe(await DescribeAsync(work, "bundle/rootfs"));
    }

    [PeersFact]
    public async Task Incus_runs_the_entry_point_of_an_image_from_the_Incus_API()
    {
        await using var store = await ServedStore.StartAsync();
        await PublishAsync(store);
        await RunAsync(store, "api", "app-api");
    }

    [PeersFact]
    public async Task Incus_runs_the_entry_point_of_an_image_from_simplestreams()
    {
        await using var store = await ServedStore.StartAsync();
        await PublishAsync(store);
        await RunAsync(store, "streams", "app-streams", ["--config", "volatile.container.oci=true"]);
    }

    [PeersFact]
    public async Task What_skopeo_pushes_is_launched_over_the_Incus_API_and_as_an_image_of_a_registry()
    {
        await using var store = await ServedStore.StartAsync("--oci-public", "library/*");
        var work = store.CreateDirectory("pushed");
        await ApplicationImages.MakeAsync(work);
        var token = await store.Server.AccessTokenAsync("publisher");
        await PeersTree.Run(work, "skopeo", "copy", "--insecure-policy", "--dest-creds", $"me:{token}", "oci:layout:app", $"docker://{store.Server.Address.Authority}/library/app:latest").OutputAsync();
        while (!(await store.IncusOutputAsync("image", "list", "api:", "--format", "csv", "--columns", "l")).Contains("library/app", StringComparison.Ordinal))
            await Task.Yield();
        await RunAsync(store, "api", "pushed-api", "library/app", []);

        await store.IncusOutputAsync("remote", "add", "registry", store.Server.Address.ToString().TrimEnd('/'), "--protocol=oci");
        await RunAsync(store, "registry", "pushed-oci", "library/app:latest", []);

        var digest = (await PeersTree.Run(work, "skopeo", "inspect", "--format", "{{.Digest}}", $"docker://{store.Server.Address.Authority}/library/app:latest").OutputAsync()).Trim();
        await RunAsync(store, "registry", "pushed-digest", $"library/app@{digest}", []);
        await store.IncusOutputAsync("image", "copy", $"registry:library/app@{digest}", "local:", "--alias", "by-digest");
        await RunAsync(store, "local", "copied-digest", "by-digest", []);
        await store.IncusOutputAsync("image", "delete", "by-digest");
    }

    [PeersTheory]
    [InlineData("relay")]
    [InlineData("pull")]
    public async Task Stapes_copies_an_image_by_its_digest_and_Incus_runs_it(string mode)
    {
        await using var store = await ServedStore.StartAsync();
        var work = store.CreateDirectory($"digest-{mode}");
        await ApplicationImages.MakeAsync(work);
        await using var registry = new DockerRegistry(Path.Combine(work, "registry"));
        await registry.StartAsync();
        await PeersTree.Run(work, "skopeo", "copy", "--insecure-policy", "--digestfile", "digest", "oci:layout:app", $"docker://{registry.Address}/app:1").OutputAsync();
        var name = $"app@{File.ReadAllText(Path.Combine(work, "digest")).Trim()}";
        await StapesAsync(work, "remote", "add", "docker", $"https://{registry.Address}", "--protocol=oci", "--accept-certificate");
        string[] local = ["--data", store.Server.DataDirectory, "--quiet"];

        await StapesAsync(work, ["image", "copy", $"docker:{name}", "local:", "--alias", "app", "--public", "--mode", mode, .. local]);

        (await StapesAsync(work, ["image", "get-property", "local:app", "id", .. local])).Trim().ShouldBe(name);
        await RunAsync(store, "api", $"digest-{mode}");
    }

    private static Task RunAsync(ServedStore store, string remote, string name, IReadOnlyList<string>? options = null) => RunAsync(store, remote, name, "app", options ?? []);

    private static async Task RunAsync(ServedStore store, string remote, string name, string image, IReadOnlyList<string> options)
    {
        await store.IncusOutputAsync(["launch", $"{remote}:{image}", name, .. options]);
        try
        {
            string told;
            do
            {
                told = (await (await store.IncusAsync("exec", name, "--", "/bin/cat", "/data/told")).RunAsync(TestContext.Current.CancellationToken)).Output;
            }
            while (!told.Contains("user", StringComparison.Ordinal));
            told.ShouldBe(ApplicationImages.Told);
        }
        finally
        {
            await store.IncusOutputAsync("delete", "--force", name);
        }
    }

    private static async Task PublishAsync(ServedStore store)
    {
        var (directory, _, _) = await ExportAsync(store);
        await store.Server.Image("import", Path.Combine(directory, "metadata.tar.xz"), Path.Combine(directory, "rootfs.squashfs"), "--alias", "app", "--public").OutputAsync();
    }

    /// <summary>From umoci by skopeo to Docker's registry, and from there by stapes.</summary>
    private static async Task<(string Directory, string Work, string Root)> ExportAsync(ServedStore store)
    {
        var work = store.CreateDirectory("application");
        await ApplicationImages.MakeAsync(work);
        await using var registry = new DockerRegistry(Path.Combine(work, "registry"));
        await registry.StartAsync();
        await PeersTree.Run(work, "skopeo", "copy", "--insecure-policy", "oci:layout:app", $"docker://{registry.Address}/app:1").OutputAsync();
        var directory = Directory.CreateDirectory(Path.Combine(work, "exported")).FullName;
        await StapesAsync(work, "remote", "add", "docker", $"https://{registry.Address}", "--protocol=oci", "--accept-certificate");
        await StapesAsync(work, "image", "export", "docker:app:1", directory, "--quiet");
        return (directory, work, "exported/rootfs.squashfs");
    }

    private static Task<string> StapesAsync(string work, params IReadOnlyList<string> arguments) =>
        (StapesProgram.Run(work, arguments) with { Environment = new Dictionary<string, string>
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH")!,
            ["STAPES_CONF"] = Path.Combine(work, "conf"),
            ["XDG_CACHE_HOME"] = Path.Combine(work, "cache"),
        } }).OutputAsync();

    /// <summary>Path, type, mode, owner, time, link and names of each file, and what it holds. Directories that umoci made itself have the time of that.</summary>
    private static Task<string> DescribeAsync(string work, string root) => PeersTree.Run(work, "sh", "-c",
        $"cd {root} && find . -mindepth 1 -type d -printf '%P %y %m %U %G\\n' -o -mindepth 1 -printf '%P %y %m %U %G %T@ %l %n\\n' | sort && find . -type f | sort | xargs sha256sum").OutputAsync();
}
