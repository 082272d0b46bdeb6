using System.CommandLine;
using System.Text.Json.Serialization;
using Stapes.Core.Images;
using Stapes.Output;
using Stapes.Protocols.Simplestreams.Tree;

namespace Stapes.Commands.Tree;

/// <summary><c>alias list</c>: each alias of each product, and the newest image that it leads to for each type.</summary>
internal static class AliasListCommand
{
    private static readonly string[] Headers = ["ALIAS", "PRODUCT", "ARCHITECTURE", "TYPE", "FINGERPRINT"];

    public static Command Create()
    {
        var format = FormatOption.Create();
        var command = new Command("list", "List the aliases of all products, each with the newest image that it leads to") { format };
        command.Aliases.Add("ls");
        command.SetAction(async (result, cancellation) =>
        {
            var entries = Entries(await TreeCommand.Open(result).ReadAsync(cancellation)).ToList();
            var rows = entries.Select(static e => (IReadOnlyList<string>)[e.Name, e.Product, e.Architecture, e.Type, e.Target]).Order(NaturalRowOrder.Instance).ToList();
            ListPrinter.Print(Console.Out, result.GetRequiredValue(format), Headers, rows, entries, TreeJsonContext.Default.ListTreeAliasRecord);
        });
        return command;
    }

    private static IEnumerable<TreeAliasRecord> Entries(TreeContent content)
    {
        var newest = content.List().GroupBy(static i => (i.Product.Name, i.Type)).Select(static g => g.MaxBy(static i => i.Version.Serial, StringComparer.Ordinal)!);
        return from image in newest
               from alias in image.Product.Aliases
               orderby alias, image.Product.Name
               select new TreeAliasRecord(alias, image.Product.Name, image.Architecture.Name, image.Type.ToName(), image.Fingerprint);
    }
}

/// <summary>An alias in <c>alias list --format json</c>.</summary>
internal sealed record TreeAliasRecord(string Name, string Product, string Architecture, string Type, string Target);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<TreeAliasRecord>))]
internal sealed partial class TreeJsonContext : JsonSerializerContext;
