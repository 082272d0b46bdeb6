using System.CommandLine;
using Stapes.Commands.Serve;
using Stapes.Core;

namespace Stapes.Commands.Config;

/// <summary>Options that say what an identity may do.</summary>
internal static class AccessOptions
{
    public static Option<string?> Role() => new("--role")
    {
        Description = "What it may do: viewer (see private images), publisher (add and change images), admin [default: admin]",
        HelpName = "ROLE",
    };

    public static Option<string> RoleOrViewer() => new("--role")
    {
        Description = "What it may do: viewer (see private images), publisher (add and change images), admin",
        HelpName = "ROLE",
        DefaultValueFactory = static _ => "viewer",
    };

    public static Option<string[]> Projects() => new("--project") { Description = "Restrict it to a project, or several", HelpName = "NAME" };

    /// <summary>The values of <see cref="Projects"/>, each of which may hold several with commas between them.</summary>
    public static IReadOnlyList<string> Names(string[]? projects) =>
        [.. (projects ?? []).SelectMany(static p => p.Split(',', StringSplitOptions.RemoveEmptyEntries))];

    public static Option<string?> Expiry(string what) => new("--expiry") { Description = $"How long {what} is good for: 30m, 12h, 90d", HelpName = "TIME" };

    /// <summary>The point in time that <c>--expiry</c> leads to; null when it is not given.</summary>
    /// <exception cref="StapesException">Invalid: it is no length of time.</exception>
    public static DateTimeOffset? End(string? expiry) => expiry is null ? null
        : ServeDuration.TryParse(expiry, out var duration) && duration > TimeSpan.Zero ? DateTimeOffset.UtcNow + duration
        : throw new StapesException(ErrorKind.Invalid, $"--expiry: '{expiry}' is no length of time; write for example 30m, 12h or 90d");
}
