using System.CommandLine;
using Stapes.Output;

namespace Stapes.Commands.Image;

/// <summary><c>image refresh</c>: has the server look for newer versions where images came from.</summary>
internal static class RefreshCommand
{
    private static readonly Argument<string[]> Images = new("[remote:]image") { Description = "Aliases, fingerprints or starts of such", Arity = ArgumentArity.OneOrMore };

    public static Command Create()
    {
        Images.Offer(ImageCompletion.Images);
        var command = new Command("refresh", "Refresh images") { Images };
        command.SetAction(async (result, cancellation) =>
        {
            var book = RemoteOptions.Book(result);
            foreach (var name in result.GetRequiredValue(Images).Select(book.Parse))
            {
                using var server = book.OpenIncus(name.Place, "refresh images");
                var image = await server.FindAsync(name, vm: false, cancellation);
                var refreshed = await ProgressLines.RunAsync(
                    ImageCommand.IsQuiet(result), lines => server.RefreshImageAsync(image.Image.Fingerprint, lines?.Watch("Refreshing", name.NameOrDefault), cancellation));
                if (!ImageCommand.IsQuiet(result))
                    result.InvocationConfiguration.Output.WriteLine(refreshed ? "Image refreshed successfully!" : "Image already up to date.");
            }
        });
        return command;
    }
}
