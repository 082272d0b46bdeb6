using System.CommandLine;

namespace Stapes.Commands.Image;

/// <summary><c>image delete</c>.</summary>
internal static class DeleteCommand
{
    private static readonly Argument<string[]> Images = new("[remote:]image") { Description = "Aliases, fingerprints or starts of such", Arity = ArgumentArity.OneOrMore };

    public static Command Create()
    {
        Images.Offer(ImageCompletion.Images);
        var command = new Command("delete", "Delete images") { Images };
        command.Aliases.Add("rm");
        command.Aliases.Add("remove");
        command.SetAction((result, cancellation) => EachOf.RunAsync(result, result.GetRequiredValue(Images), async word =>
        {
            var book = RemoteOptions.Book(result);
            var name = book.Parse(word);
            using var server = book.OpenIncus(name.Place, "delete images");
            var image = await server.FindAsync(name, vm: false, cancellation);
            await server.DeleteImageAsync(image.Image.Fingerprint, cancellation);
        }));
        return command;
    }
}
