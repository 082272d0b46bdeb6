using Stapes.EndToEnd.Processes;

namespace Stapes.EndToEnd.Peers;

/// <summary>The root tree that holds the real peers (tests/peers/setup), and the part of it that belongs to the tests.</summary>
internal static class PeersTree
{
    private const string Own = "/srv/stapes-end-to-end";

    /// <summary>Null where the peers are not installed.</summary>
    public static string? Root { get; } = Environment.GetEnvironmentVariable("TEST_PEERS");

    /// <summary>The tests' own directory, as programs outside the tree see it.</summary>
    public static string Directory => Root + Own;

    public static string Inside(string path) => path.StartsWith(Root! + '/', StringComparison.Ordinal)
        ? path[Root!.Length..]
        : throw new ArgumentException($"{path} is not below {Root}", nameof(path));

    /// <summary>A program of the tree, run in it. The directory, as seen from outside, is where it runs and keeps its configuration.</summary>
    public static Command Run(string directory, string program, params IReadOnlyList<string> arguments) =>
        new("chroot", [Root!, "env", "-C", Inside(directory), program, .. arguments])
        {
            Environment = new Dictionary<string, string>
            {
                ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin",
                ["HOME"] = Inside(directory),
                ["LANG"] = "C.UTF-8",
                // The LXD client finds the Incus daemon where it looks for its own.
                ["LXD_DIR"] = "/var/lib/incus",
            },
        };
}
