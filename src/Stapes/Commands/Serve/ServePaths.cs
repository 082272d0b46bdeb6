namespace Stapes.Commands.Serve;

/// <summary>Where things are when nobody says: the system's directories for root, those of the XDG specification for others.</summary>
internal static class ServePaths
{
    public static string DefaultData => Environment.IsPrivilegedProcess ? "/var/lib/stapes" : Path.Combine(Xdg("XDG_DATA_HOME", ".local/share"), "stapes");

    public static string DefaultConfiguration =>
        Path.Combine(Environment.IsPrivilegedProcess ? "/etc/stapes" : Path.Combine(Xdg("XDG_CONFIG_HOME", ".config"), "stapes"), "stapes.yaml");

    private static string Xdg(string variable, string inHome) => Environment.GetEnvironmentVariable(variable) is ['/', ..] path
        ? path
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), inHome);
}
