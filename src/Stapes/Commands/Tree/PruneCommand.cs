using System.CommandLine;
using System.CommandLine.Parsing;
using Stapes.Protocols.Simplestreams.Tree;

namespace Stapes.Commands.Tree;

/// <summary><c>prune</c>: old versions, entries without files, files without entries.</summary>
internal static class PruneCommand
{
    private static readonly Option<bool> DryRun = new("--dry-run", "-d") { Description = "Preview changes without executing actual operations" };

    private static readonly Option<int> Retention = new("--retention", "-r")
    {
        Description = "Number of older versions of the product to preserve",
        HelpName = "N",
        DefaultValueFactory = static _ => 2,
        CustomParser = static result => ReadCount(result),
    };

    private static readonly Option<TimeSpan?> OlderThan = new("--older-than")
    {
        Description = "Of the versions beyond the retention, remove only those of at least this age: 12h, 30d, 6w",
        HelpName = "AGE",
        CustomParser = static result => ReadAge(result),
    };

    private static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "Show all information messages" };

    public static Command Create()
    {
        var command = new Command("prune", """
            Clean up obsolete files and data

            Removes the versions of each product beyond the newest and the retention, entries whose files are missing,
            and the files below images/ that no index names. Images that are being added meanwhile are safe.
            """) { DryRun, Retention, OlderThan, Verbose };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var dryRun = result.GetValue(DryRun);
        var tree = TreeCommand.Open(result);
        var options = new PruneOptions { Retention = result.GetValue(Retention), OlderThan = result.GetValue(OlderThan) };
        using var transaction = await tree.BeginAsync(create: false, cancellation);
        var pruned = TreePrune.Prune(tree, transaction, options, dryRun);
        if (dryRun || result.GetValue(Verbose))
        {
            Write("Following items were removed from images.json:", pruned.Items);
            Write("Following versions were removed:", pruned.Versions);
            Write("Following files were removed:", pruned.Files);
        }

        return 0;
    }

    private static void Write(string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
            return;
        Console.WriteLine(title);
        foreach (var line in lines)
            Console.WriteLine(line);
    }

    private static int ReadCount(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (int.TryParse(text, out var count) && count >= 0)
            return count;
        result.AddError($"\"{text}\" is no number of versions: write 0 or more");
        return 0;
    }

    private static TimeSpan? ReadAge(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (text.Length > 1 && uint.TryParse(text.AsSpan(0, text.Length - 1), out var number) && number < 100_000)
        {
            switch (text[^1])
            {
                case 'm': return TimeSpan.FromMinutes(number);
                case 'h': return TimeSpan.FromHours(number);
                case 'd': return TimeSpan.FromDays(number);
                case 'w': return TimeSpan.FromDays(7 * number);
                case 'y': return TimeSpan.FromDays(365 * number);
                default: break;
            }
        }

        result.AddError($"\"{text}\" is no age: write a number and m, h, d, w or y, such as 30d");
        return null;
    }
}
