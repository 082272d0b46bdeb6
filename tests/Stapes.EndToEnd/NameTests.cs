using System.Text.RegularExpressions;
using Stapes.EndToEnd.Images;
using Stapes.EndToEnd.Peers;
using Stapes.EndToEnd.Processes;
using Stapes.EndToEnd.Trees;

namespace Stapes.EndToEnd;

/// <summary>The program under the name of the tool whose scripts it takes over.</summary>
public sealed partial class NameTests(PeerServers peers)
{
    [PeersFact]
    public async Task Linked_as_incus_simplestreams_it_answers_as_that_tool_does()
    {
        var theirs = PublishedTree.Create(peers);
        var ours = PublishedTree.Create(peers);
        var link = Path.Combine(ours.CreateDirectory("bin"), "incus-simplestreams");
        File.CreateSymbolicLink(link, StapesProgram.Path);
        var old = await theirs.Images.SquashfsAsync("old", "named", Metadata.Created);
        var recent = await theirs.Images.SquashfsAsync("recent", "named", Metadata.Created.AddDays(1));
        var other = await theirs.Images.RootTarballAsync("other");

        string[][] commands =
        [
            ["add", .. old.Files, "--alias", "nickname"],
            ["import", .. recent.Files],
            ["add", .. other.Files, "--no-default-alias", "--product-name", "a:product:of:mine"],
            ["add", .. other.Files, "--no-default-alias", "--product-name", "a:product:of:mine"],    // a second time
            ["list"],
            ["list", "-f", "csv"],
            ["list", "--format=json"],
            ["verify"],
            ["prune", "--retention", "5", "--verbose"],
            ["prune", "-r", "0"],    // not verbose: that tool keeps the files until the next time
            ["list", "-f", "compact,noheader"],
            ["remove", "-v", recent.Fingerprint],
            ["rm", recent.Fingerprint],    // no longer there
            ["delete", other.Fingerprint],
            ["list", "-f", "yaml"],
        ];

        foreach (var command in commands)
        {
            var theirAnswer = await PeersTree.Run(theirs.Directory, "incus-simplestreams", [.. command.Select(Inside)]).RunAsync();
            var ourAnswer = await new Command(link, command) { Directory = ours.Directory }.RunAsync();
            Comparable(ourAnswer.Output).ShouldBe(Comparable(theirAnswer.Output), ourAnswer.ToString());
            (ourAnswer.ExitCode == 0).ShouldBe(theirAnswer.ExitCode == 0, $"{ourAnswer}\n{theirAnswer}");
        }
    }

    /// <summary>
    /// That tool names a data file after the metadata's hash, so that two overwrite each other, and says in no certain order what it deletes.
    /// </summary>
    private static string Comparable(string output) => output.StartsWith("deleting:", StringComparison.Ordinal)
        ? string.Join('\n', FileName().Replace(output, "images/HASH.").Split('\n').Order())
        : output;

    [GeneratedRegex("images/[0-9a-f]{64}[.]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileName();

    private static string Inside(string argument) => argument.StartsWith(PeersTree.Directory, StringComparison.Ordinal) ? PeersTree.Inside(argument) : argument;
}
