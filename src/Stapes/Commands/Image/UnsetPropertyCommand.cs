using System.CommandLine;

namespace Stapes.Commands.Image;

/// <summary><c>image unset-property</c>.</summary>
internal static class UnsetPropertyCommand
{
    private static readonly Argument<string> Image = ImageArgument.Create();

    private static readonly Argument<string[]> Keys = new("key") { Description = "Properties", Arity = ArgumentArity.OneOrMore };

    public static Command Create()
    {
        var command = new Command("unset-property", "Unset image properties") { Image, Keys };
        command.SetAction((result, cancellation) => SetPropertyCommand.ChangeAsync(
            result, result.GetRequiredValue(Image),
            properties =>
            {
                foreach (var key in result.GetRequiredValue(Keys))
                    properties.Remove(key);
            },
            cancellation));
        return command;
    }
}
