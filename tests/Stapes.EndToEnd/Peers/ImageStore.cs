using System.Text.Json;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Peers;

/// <summary>The images of one project of the Incus daemon, with the two clients that can work on them.</summary>
internal sealed class ImageStore
{
    private static readonly string Socket = PeersTree.Root + "/var/lib/incus/unix.socket";

    private readonly string home;

    private ImageStore(string project, string home)
    {
        Project = project;
        this.home = home;
        Images = new BootableImages(home);
    }

    public string Project { get; }

    public BootableImages Images { get; }

    /// <summary>The project that strangers can see; other tests may have images there.</summary>
    public static ImageStore Default() => new("default", Directory.CreateDirectory(Path.Combine(PeersTree.Directory, "home", Path.GetRandomFileName())).FullName);

    /// <summary>A project without images.</summary>
    public static async Task<ImageStore> CreateAsync()
    {
        var project = "p" + Path.GetFileNameWithoutExtension(Path.GetRandomFileName());
        var store = new ImageStore(project, Directory.CreateDirectory(Path.Combine(PeersTree.Directory, "home", project)).FullName);
        await PeersTree.Run(store.home, "incus", "project", "create", project).OutputAsync();
        return store;
    }

    /// <summary><c>incus image …</c></summary>
    public Command Incus(params IReadOnlyList<string> arguments) => PeersTree.Run(home, "incus", ["image", .. arguments, "--project", Project]);

    /// <summary><c>stapes image …</c></summary>
    public Command Stapes(params IReadOnlyList<string> arguments) => StapesProgram.Run(home, ["image", .. arguments, "--project", Project, "--socket", Socket]);

    /// <summary>Imports an image under its own name as an alias, with stapes.</summary>
    public async Task<TestImage> ImportAsync(Task<TestImage> made, params string[] options)
    {
        var image = await made;
        (await Stapes(["import", .. image.Files, "--alias", image.Name, .. options]).OutputAsync())
            .ShouldBe($"Image imported with fingerprint: {image.Fingerprint}\n");
        return image;
    }

    public async Task<JsonElement> ImageAsync(string fingerprint) => JsonDocument.Parse(await Incus("list", fingerprint, "--format", "json").OutputAsync()).RootElement[0];

    public string CreateDirectory(string name) => Directory.CreateDirectory(Path.Combine(home, name)).FullName;
}
