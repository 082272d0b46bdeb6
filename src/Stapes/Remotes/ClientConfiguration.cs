using Stapes.Core;
using Stapes.Core.Storage.FileSystem;

namespace Stapes.Remotes;

/// <summary>Which remotes there are, and which one is meant when none is named: one moment's <c>config.yml</c>.</summary>
internal sealed class ClientConfiguration
{
    public const string Local = "local";
    public const string Images = "images";

    private static readonly ConfiguredRemote LocalRemote = new(Local, ["unix://"]) { IsStatic = true };

    private static readonly ConfiguredRemote ImagesRemote =
        new(Images, ["https://images.linuxcontainers.org"]) { Protocol = ConfiguredRemote.Simplestreams, Public = true };

    private ClientConfiguration(ClientPaths paths, ConfigurationYaml? yaml)
    {
        Paths = paths;
        var remotes = new SortedDictionary<string, ConfiguredRemote>(StringComparer.Ordinal);
        foreach (var remote in yaml?.Remotes(paths.Configuration) ?? [ImagesRemote])
            remotes[remote.Name] = remote;
        // The server on this machine is where it is; only its project can be chosen.
        remotes[Local] = LocalRemote with { Project = remotes.GetValueOrDefault(Local)?.Project ?? "" };
        Remotes = remotes;
        DefaultRemote = yaml?.DefaultRemote is { Length: > 0 } name ? name : Local;
    }

    public ClientPaths Paths { get; }

    /// <summary>By name, sorted.</summary>
    public IReadOnlyDictionary<string, ConfiguredRemote> Remotes { get; }

    public string DefaultRemote { get; }

    /// <summary>Reads it; without a file there are the presets.</summary>
    /// <exception cref="StapesException">Invalid: the file is none.</exception>
    public static ClientConfiguration Read(ClientPaths paths) => new(paths, ReadYaml(paths));

    /// <exception cref="StapesException">NotFound.</exception>
    public ConfiguredRemote Get(string name) => Remotes.GetValueOrDefault(name)
        ?? throw new StapesException(ErrorKind.NotFound, $"The remote \"{name}\" doesn't exist{Core.Remotes.RemoteImages.Nearest(name, Remotes.Keys) switch { { } near => $"; did you mean \"{near}\"?", null => "; see `stapes remote list`" }}");

    /// <summary>The same for a remote that shall be changed.</summary>
    /// <exception cref="StapesException">NotFound, or Forbidden: it is static.</exception>
    public ConfiguredRemote GetForChange(string name) => Get(name) is { IsStatic: false } remote
        ? remote
        : throw new StapesException(ErrorKind.Forbidden, $"Remote {name} is static and cannot be modified");

    /// <summary>Changes the file, one process at a time. Fields that nobody here knows stay.</summary>
    /// <param name="paths">Where.</param>
    /// <param name="change">Gets what the file says now; what it throws ends the change.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static async Task ChangeAsync(ClientPaths paths, Action<ClientConfiguration, ConfigurationYaml> change, CancellationToken cancellation)
    {
        using var turn = await FileLock.AcquireAsync(paths.Lock, cancellation);
        var yaml = ReadYaml(paths);
        var before = new ClientConfiguration(paths, yaml);
        if (yaml is null)
        {
            yaml = ConfigurationYaml.Create();
            yaml.DefaultRemote = before.DefaultRemote;
            foreach (var remote in before.Remotes.Values)
                yaml.Set(remote);
        }

        change(before, yaml);
        PrivateFile.Write(paths.Configuration, yaml.ToString());
    }

    private static ConfigurationYaml? ReadYaml(ClientPaths paths)
    {
        try
        {
            return ConfigurationYaml.Parse(paths.Configuration, File.ReadAllText(paths.Configuration));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
