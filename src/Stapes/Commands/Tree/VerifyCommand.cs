using System.CommandLine;
using Stapes.Core;
using Stapes.Output;
using Stapes.Protocols.Simplestreams.Tree;

namespace Stapes.Commands.Tree;

/// <summary><c>verify</c>: every fault, and with <c>--repair</c> the correction of those where it is certain.</summary>
internal static class VerifyCommand
{
    private static readonly Option<bool> Repair = new("--repair") { Description = "Correct what can be corrected without guessing; no file of an image is touched" };

    public static Command Create()
    {
        var command = new Command("verify", """
            Verify the integrity of the tree

            Reads every file and reports every fault: files that are missing, cut off or altered, wrong combined hashes, index files that disagree,
            files that no index names, alias clashes, and what clients skip silently. The exit status is 1 when a fault remains.
            """) { Repair };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var tree = TreeCommand.Open(result);
        var faults = await TransferProgress.RunAsync("Verifying", FileSize.OfDirectory(Path.Combine(tree.Root, "images")), progress =>
            TreeVerify.FindFaultsAsync(tree, progress, cancellation));
        if (result.GetValue(Repair) && faults.Any(static f => f.CanRepair))
        {
            (var repaired, faults) = await TransferProgress.RunAsync("Repairing", FileSize.OfDirectory(Path.Combine(tree.Root, "images")), progress =>
                TreeVerify.RepairAsync(tree, progress, cancellation));
            foreach (var fault in repaired)
                Console.WriteLine($"repaired: {fault.What}");
        }

        foreach (var fault in faults)
            await Console.Error.WriteLineAsync($"Error: {OneLine.Of(fault.What)}");
        if (faults.Count > 0)
        {
            var repairable = faults.Count(static f => f.CanRepair);
            await Console.Error.WriteLineAsync($"{faults.Count} fault(s){(repairable > 0 ? $"; --repair corrects {repairable}" : "")}");
        }

        return faults.Count == 0 ? 0 : 1;
    }
}
