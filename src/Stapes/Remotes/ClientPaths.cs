namespace Stapes.Remotes;

/// <summary>Where the client keeps what it knows, laid out as the Incus client lays out its own directory.</summary>
/// <param name="Directory">The directory; need not exist.</param>
internal sealed record ClientPaths(string Directory)
{
    /// <summary>The environment variable that names the directory.</summary>
    public const string Variable = "STAPES_CONF";

    /// <summary>That of <see cref="Variable"/>, or <c>stapes</c> in the user's directory of configurations.</summary>
    public static ClientPaths Default => new(Set(Variable) ?? Path.Combine(Xdg("XDG_CONFIG_HOME", ".config"), "stapes"));

    /// <summary>Where index files of servers are kept: all that is there can be fetched again.</summary>
    public static string Cache => Path.Combine(Xdg("XDG_CACHE_HOME", ".cache"), "stapes", "simplestreams");

    /// <summary>Where files lie that are on their way from one server to another; what broke off is continued there.</summary>
    public static string Transfers => Path.Combine(Xdg("XDG_CACHE_HOME", ".cache"), "stapes", "transfers");

    public string Configuration => Path.Combine(Directory, "config.yml");

    public string Lock => Path.Combine(Directory, ".stapes.lock");

    public string Certificate => Path.Combine(Directory, "client.crt");

    public string Key => Path.Combine(Directory, "client.key");

    /// <summary>The pinned certificate of a remote.</summary>
    public string ServerCertificate(string remote) => Path.Combine(Directory, "servercerts", $"{remote}.crt");

    /// <summary>Our own certificate for one remote, instead of the one for all.</summary>
    public string RemoteCertificate(string remote) => Path.Combine(Directory, "clientcerts", $"{remote}.crt");

    public string RemoteKey(string remote) => Path.Combine(Directory, "clientcerts", $"{remote}.key");

    /// <summary>The login to a remote over OpenID Connect.</summary>
    public string Login(string remote) => Path.Combine(Directory, "oidctokens", $"{remote}.json");

    /// <summary>Every file that belongs to one remote, also those that only the Incus client makes.</summary>
    public IEnumerable<string> FilesOf(string remote) =>
    [
        ServerCertificate(remote),
        RemoteCertificate(remote),
        RemoteKey(remote),
        Path.Combine(Directory, "clientcerts", $"{remote}.ca"),
        Login(remote),
        Path.Combine(Directory, "jars", remote),
    ];

    private static string? Set(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;

    private static string Xdg(string variable, string inHome) => Environment.GetEnvironmentVariable(variable) is ['/', ..] path
        ? path
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), inHome);
}
