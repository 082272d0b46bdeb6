using System.CommandLine;

namespace Stapes.Commands.Image;

/// <summary><c>image alias create|delete|list|rename</c>.</summary>
internal static class AliasCommand
{
    public static Command Create() => new("alias", "Manage image aliases") { CreateCreate(), CreateDelete(), AliasListCommand.Create(), CreateRename() };

    private static Command CreateCreate()
    {
        var alias = new Argument<string>("[remote:]alias") { Description = "The new alias" };
        alias.Offer(ImageCompletion.Remotes);
        var fingerprint = new Argument<string>("fingerprint") { Description = "The fingerprint of an image, or the start of one" };
        var description = new Option<string>("--description") { Description = "Image alias description", HelpName = "TEXT" };
        var command = new Command("create", "Create aliases for existing images") { alias, fingerprint, description };
        command.Aliases.Add("add");
        command.SetAction(async (result, cancellation) =>
        {
            var book = RemoteOptions.Book(result);
            var name = book.Parse(result.GetRequiredValue(alias));
            using var server = book.OpenIncus(name.Place, "create aliases");
            await server.CreateAliasAsync(
                new() { Name = name.NameOrDefault, Target = result.GetRequiredValue(fingerprint), Description = result.GetValue(description) ?? "" }, cancellation);
        });
        return command;
    }

    private static Command CreateDelete()
    {
        var aliases = new Argument<string[]>("[remote:]alias") { Description = "Aliases", Arity = ArgumentArity.OneOrMore };
        aliases.Offer(ImageCompletion.Images);
        var command = new Command("delete", "Delete image aliases") { aliases };
        command.Aliases.Add("rm");
        command.Aliases.Add("remove");
        command.SetAction((result, cancellation) => EachOf.RunAsync(result, result.GetRequiredValue(aliases), async word =>
        {
            var book = RemoteOptions.Book(result);
            var name = book.Parse(word);
            using var server = book.OpenIncus(name.Place, "delete aliases");
            await server.DeleteAliasAsync(name.NameOrDefault, cancellation);
        }));
        return command;
    }

    private static Command CreateRename()
    {
        var alias = new Argument<string>("[remote:]alias") { Description = "The alias" };
        alias.Offer(ImageCompletion.Images);
        var newName = new Argument<string>("new-name") { Description = "Its new name" };
        var command = new Command("rename", "Rename aliases") { alias, newName };
        command.Aliases.Add("mv");
        command.SetAction(async (result, cancellation) =>
        {
            var book = RemoteOptions.Book(result);
            var name = book.Parse(result.GetRequiredValue(alias));
            using var server = book.OpenIncus(name.Place, "rename aliases");
            await server.RenameAliasAsync(name.NameOrDefault, result.GetRequiredValue(newName), cancellation);
        });
        return command;
    }
}
