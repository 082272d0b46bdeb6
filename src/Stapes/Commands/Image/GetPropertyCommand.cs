using System.CommandLine;
using Stapes.Core;

namespace Stapes.Commands.Image;

/// <summary><c>image get-property</c>.</summary>
internal static class GetPropertyCommand
{
    private static readonly Argument<string> Image = ImageArgument.Create();

    private static readonly Argument<string> Key = new("key") { Description = "The property" };

    public static Command Create()
    {
        var command = new Command("get-property", "Get image properties") { Image, Key };
        command.SetAction(async (result, cancellation) =>
        {
            var book = RemoteOptions.Book(result);
            var (name, key) = (book.Parse(result.GetRequiredValue(Image)), result.GetRequiredValue(Key));
            var image = await book.FindAsync(name, vm: false, cancellation);
            result.InvocationConfiguration.Output.WriteLine(image.Properties.TryGetValue(key, out var value)
                ? value
                : throw new StapesException(ErrorKind.NotFound, $"Property not found: image {name.NameOrDefault} has no \"{key}\""));
        });
        return command;
    }
}
