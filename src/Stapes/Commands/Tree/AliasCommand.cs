using System.CommandLine;
using Stapes.Protocols.Simplestreams.Tree;

namespace Stapes.Commands.Tree;

/// <summary><c>alias add|remove|rename|list</c>: the names under which clients find the images of a product.</summary>
internal static class AliasCommand
{
    private static readonly Argument<string> Alias = new("alias") { Description = "The alias" };

    private static readonly Argument<string> NewAlias = new("new-name") { Description = "The new name of the alias" };

    private static readonly Argument<string> Product = new("product") { Description = "The product's name, or the fingerprint of one of its images, or the start of it" };

    private static readonly Argument<string?> OnlyProduct = new("product")
    {
        Description = "Take it only from this product",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var add = new Command("add", "Give a product one more alias") { Alias, Product };
        add.Aliases.Add("create");
        add.SetAction((result, cancellation) => ChangeAsync(result, t => TreeAliases.Add(t, result.GetRequiredValue(Alias), result.GetRequiredValue(Product)), cancellation));

        var remove = new Command("remove", "Take an alias from the products that have it") { Alias, OnlyProduct };
        remove.Aliases.Add("rm");
        remove.Aliases.Add("delete");
        remove.SetAction((result, cancellation) => ChangeAsync(result, t => TreeAliases.Remove(t, result.GetRequiredValue(Alias), result.GetValue(OnlyProduct)), cancellation));

        var rename = new Command("rename", "Rename an alias, on every product that has it") { Alias, NewAlias };
        rename.Aliases.Add("mv");
        rename.SetAction((result, cancellation) => ChangeAsync(result, t => TreeAliases.Rename(t, result.GetRequiredValue(Alias), result.GetRequiredValue(NewAlias)), cancellation));

        return new("alias", "Manage the aliases of products") { add, AliasListCommand.Create(), remove, rename };
    }

    private static async Task<int> ChangeAsync(ParseResult result, Action<TreeTransaction> change, CancellationToken cancellation)
    {
        using var transaction = await TreeCommand.Open(result).BeginAsync(create: false, cancellation);
        change(transaction);
        transaction.Commit();
        return 0;
    }
}
