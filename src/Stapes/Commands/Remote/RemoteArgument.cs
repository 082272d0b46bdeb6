using System.CommandLine;
using System.CommandLine.Completions;
using Stapes.Commands.Image;
using Stapes.Core;
using Stapes.Remotes;

namespace Stapes.Commands.Remote;

/// <summary>The remote that a command is about.</summary>
internal static class RemoteArgument
{
    public static Argument<string> Create()
    {
        var remote = new Argument<string>("remote") { Description = "The name of a remote" };
        remote.Offer(static context => Names(context.ParseResult).Select(static name => new CompletionItem(name)));
        return remote;
    }

    /// <summary>A colon at the end means nothing.</summary>
    public static string Read(ParseResult result, Argument<string> remote) => result.GetRequiredValue(remote).TrimEnd(':');

    /// <summary>For completions: a configuration that cannot be read has no names.</summary>
    public static IEnumerable<string> Names(ParseResult result)
    {
        try
        {
            return ClientConfiguration.Read(RemoteOptions.Paths(result)).Remotes.Keys;
        }
        catch (Exception e) when (e is StapesException or IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <exception cref="StapesException">Invalid: it cannot be the name of a remote. Conflict: there is one of that name.</exception>
    public static void RequireNew(ClientConfiguration configuration, string name)
    {
        if (name.Contains(':', StringComparison.Ordinal))
            throw new StapesException(ErrorKind.Invalid, "Remote names may not contain colons: give the name before the URL");
        // It is the name of files, and stands where paths and filters can stand.
        if (name.Length == 0 || name[0] is '.' or '-' || name.Any(static c => c is '/' or '=' or '\\' || char.IsControl(c) || char.IsWhiteSpace(c)))
            throw new StapesException(ErrorKind.Invalid, $"\"{name}\" cannot be the name of a remote: use letters, digits, and -._ between them");
        if (configuration.Remotes.ContainsKey(name))
            throw new StapesException(ErrorKind.Conflict, $"Remote {name} already exists: remove it first, or choose another name");
    }
}
