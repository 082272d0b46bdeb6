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
            var name = ImageName.Parse(result.GetRequiredValue(Image));
            using var server = ImageCommand.Connect(result, name.Remote);
            var image = (await server.FindAsync(name, result.GetValue(Vm), cancellation)).Image;
            YamlWriter.Write(result.InvocationConfiguration.Output, ImageFields.Of(image), IncusJsonContext.Default.ImagePutRecord);
        });
        return command;
    }
}
