using System.CommandLine;
using Stapes.Core;
using Stapes.Output.Yaml;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Image;

/// <summary><c>image edit</c>: in an editor, or from standard input.</summary>
internal static class EditCommand
{
    private const string Help = """
        # The fields of the image that can be changed, in YAML. These lines are left out.
        #
        # A property is a line of its own below "properties:", for example
        #   description: Debian for our build servers

        """;

    private static readonly Argument<string> Image = ImageArgument.Create();

    public static Command Create()
    {
        var command = new Command("edit", """
            Edit image properties

            Opens $VISUAL or $EDITOR. Where standard input is no terminal, the fields come from there, in the form of `image show`;
            those that are left out get their defaults.
            """) { Image };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var book = RemoteOptions.Book(result);
        var name = book.Parse(result.GetRequiredValue(Image));
        using var server = book.OpenIncus(name.Place, "edit images");
        var (image, etag) = await server.FindAsync(name, vm: false, cancellation);
        if (Console.IsInputRedirected)
        {
            var fields = ImageYaml.Parse(await Console.In.ReadToEndAsync(cancellation));
            await server.UpdateImageAsync(image.Fingerprint, fields, etag: null, cancellation);
            return 0;
        }

        using var text = new StringWriter { NewLine = "\n" };
        text.WriteLine(Help);
        YamlWriter.Write(text, ImageFields.Of(image), IncusJsonContext.Default.ImagePutRecord);
        using var editor = new TextEditor(text.ToString());
        while (true)
        {
            try
            {
                await server.UpdateImageAsync(image.Fingerprint, ImageYaml.Parse(await editor.EditAsync(cancellation)), etag, cancellation);
                return 0;
            }
            catch (StapesException e) when (e.Kind != ErrorKind.Unavailable)
            {
                await result.InvocationConfiguration.Error.WriteLineAsync($"Config parsing error: {e.Message}");
                result.InvocationConfiguration.Output.WriteLine("Press enter to open the editor again or ctrl+c to abort change");
                if (await Console.In.ReadLineAsync(cancellation) is null)
                    throw;
            }
        }
    }
}
