namespace Stapes.Remotes;

/// <summary>What stands before the colon of a word of the command line, or what is meant when nothing does: a remote, or a directory.</summary>
/// <param name="Name">As messages call it.</param>
/// <param name="Remote">Of the configuration; null for a directory.</param>
/// <param name="Directory">A directory with a simplestreams tree; null for a server.</param>
internal sealed record RemotePlace(string Name, ConfiguredRemote? Remote, string? Directory)
{
    /// <summary>Whether it speaks the Incus API.</summary>
    public bool IsIncus => Remote?.Protocol == ConfiguredRemote.Incus;

    /// <summary>Whether it is a simplestreams server or tree.</summary>
    public bool IsSimplestreams => Remote is null || Remote.Protocol == ConfiguredRemote.Simplestreams;

    /// <summary>The tree on this machine, also where it is a configured remote; null for a server.</summary>
    public string? TreeDirectory => Directory
        ?? (Remote is { } remote && remote.Addresses[0].StartsWith("file://", StringComparison.Ordinal) ? new Uri(remote.Addresses[0]).LocalPath : null);
}

/// <summary>An image or alias as it stands on the command line: <c>[REMOTE:]NAME</c> or <c>./DIRECTORY:NAME</c>.</summary>
/// <param name="Place">Where.</param>
/// <param name="Name">What; empty when nothing stands behind the colon.</param>
internal sealed record ImageWord(RemotePlace Place, string Name)
{
    /// <summary>The name, where nothing in its place is the alias "default", as in Incus.</summary>
    public string NameOrDefault => Name.Length == 0 ? "default" : Name;
}
