using System.CommandLine;
using Stapes.Commands.Serve;
using Stapes.Core;
using Stapes.Output;
using Stapes.Remotes;

namespace Stapes.Commands;

/// <summary>The options of all commands that speak to servers: where the configuration and the server of this machine are.</summary>
internal static class RemoteOptions
{
    public static readonly Option<string?> Config = new("--config")
    {
        Description = "The directory of the client's configuration [default: stapes in ~/.config] (STAPES_CONF)",
        HelpName = "DIR",
        Recursive = true,
    };

    public static readonly Option<string?> Data = new("--data")
    {
        Description = $"The data directory of the server on this machine, the remote \"{ClientConfiguration.Local}\" [default: {ServePaths.DefaultData}] (STAPES_DATA)",
        HelpName = "DIR",
        Recursive = true,
    };

    public static readonly Option<string?> Socket = new("--socket")
    {
        Description = $"The Unix socket of the remote \"{ClientConfiguration.Local}\" [default: unix.socket in its data directory]",
        HelpName = "PATH",
        Recursive = true,
    };

    public static readonly Option<string?> Project = new("--project") { Description = "The project that the images belong to", HelpName = "NAME", Recursive = true };

    public static ClientPaths Paths(ParseResult result) => result.GetValue(Config) is { Length: > 0 } directory ? new(Path.GetFullPath(directory)) : ClientPaths.Default;

    /// <summary>The remotes as they are configured now. Warnings go to the error stream.</summary>
    public static RemoteBook Book(ParseResult result) => Book(
        result,
        warning => ProgressLines.WriteAbove(result.InvocationConfiguration.Error, $"Warning: {OneLine.Of(warning)}"),
        Console.IsErrorRedirected ? null : line => ProgressLines.WriteAbove(result.InvocationConfiguration.Error, line));

    /// <summary>The same.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="warn">Is told what the user should know; one line each.</param>
    /// <param name="prompt">Is told what the user has to read to log in; one line each. Null when nobody would.</param>
    public static RemoteBook Book(ParseResult result, Action<string> warn, Action<string>? prompt = null) =>
        new(ClientConfiguration.Read(Paths(result)), SocketPath(result), result.GetValue(Project), warn) { Prompt = prompt };

    /// <summary>Where the server of this machine listens.</summary>
    public static string SocketPath(ParseResult result) => result.GetValue(Socket) ?? Path.Combine(DataDirectory(result), "unix.socket");

    private static string DataDirectory(ParseResult result) =>
        result.GetValue(Data) ?? (Environment.GetEnvironmentVariable("STAPES_DATA") is { Length: > 0 } directory ? directory : ServePaths.DefaultData);
}
