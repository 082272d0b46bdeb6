using System.CommandLine;
using Stapes.Output.Yaml;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Image;

/// <summary><c>image show</c>: what <c>image edit</c> takes.</summary>
internal static class ShowCommand
{
    private static readonly Argument<string> Image = ImageArgument.Create();

    private static readonly Option<bool> Vm = ImageArgument.CreateVmOption();

    public static Command Create()
    {
        var command = new Command("show", "Show image properties") { Image, Vm };
        command.SetAction(async (result, cancellation) =>
        {
            var book = RemoteOptions.Book(result);
            var image = await book.FindAsync(book.Parse(result.GetRequiredValue(Image)), result.GetValue(Vm), cancellation);
            YamlWriter.Write(result.InvocationConfiguration.Output, ImageFields.Of(image), IncusJsonContext.Default.ImagePutRecord);
        });
        return command;
    }
}
