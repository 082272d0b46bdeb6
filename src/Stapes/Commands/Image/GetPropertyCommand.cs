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
            var (name, key) = (ImageName.Parse(result.GetRequiredValue(Image)), result.GetRequiredValue(Key));
            using var server = ImageCommand.Connect(result, name.Remote);
            var image = (await server.FindAsync(name, vm: false, cancellation)).Image;
            result.InvocationConfiguration.Output.WriteLine(image.Properties.TryGetValue(key, out var value)
                ? value
                : throw new StapesException(ErrorKind.NotFound, $"Property not found: image {name.Name} has no \"{key}\""));
        });
        return command;
    }
}
