using System.CommandLine;
using Stapes.Protocols.Simplestreams.Tree;

namespace Stapes.Commands.Tree;

/// <summary><c>remove</c>: images by fingerprint.</summary>
internal static class RemoveCommand
{
    private static readonly Argument<string[]> Fingerprint = new("fingerprint")
    {
        Description = "The fingerprint of an image, or the start of one",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "Show all information messages" };

    public static Command Create()
    {
        var command = new Command("remove", """
            Remove an image from the tree

            Takes the image out of every product that lists it, and deletes its files unless another image needs them.
            """) { Fingerprint, Verbose };
        command.Aliases.Add("rm");
        command.Aliases.Add("delete");
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        using var transaction = await TreeCommand.Open(result).BeginAsync(create: false, cancellation);
        foreach (var fingerprint in result.GetRequiredValue(Fingerprint).Distinct())
            TreeRemove.Remove(transaction, fingerprint);
        var deleted = transaction.Commit();
        if (result.GetValue(Verbose))
        {
            foreach (var path in deleted)
                Console.WriteLine($"deleting: {path}");
        }

        return 0;
    }
}
