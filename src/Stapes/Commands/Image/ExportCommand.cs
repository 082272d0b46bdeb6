using System.CommandLine;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Remotes;
using Stapes.Output;
using Stapes.Remotes;

namespace Stapes.Commands.Image;

/// <summary><c>image export</c>.</summary>
internal static class ExportCommand
{
    private static readonly Argument<string> Image = ImageArgument.Create();

    private static readonly Argument<string?> Target = new("target file") { Description = "A directory, or a name for the file or files [default: .]", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<bool> Vm = ImageArgument.CreateVmOption();

    public static Command Create()
    {
        var command = new Command("export", """
            Export and download images

            In a directory the files get the server's names for them. Otherwise a unified image becomes TARGET with the ending of its kind, and a
            split one TARGET and TARGET.root.
            """) { Image, Target, Vm };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var book = RemoteOptions.Book(result);
        var name = book.Parse(result.GetRequiredValue(Image));
        var target = result.GetValue(Target) ?? ".";
        var directory = Directory.Exists(target) ? target : Path.GetDirectoryName(Path.GetFullPath(target))!;
        if (!Directory.Exists(directory))
            throw new StapesException(ErrorKind.NotFound, $"There is no directory {directory} to export to: make it, or name another target");

        using var remote = book.Open(name.Place);
        var image = await remote.RequireAsync(name, result.GetValue(Vm) ? ImageType.VirtualMachine : null, architecture: null, cancellation);
        using var download = await ProgressLines.RunAsync(
            ImageCommand.IsQuiet(result), lines => remote.FetchAsync(image, new(directory) { Watch = lines?.Watch("Exporting", name.NameOrDefault) }, cancellation));
        FetchedImageFile[] files = download.Root is { } root ? [download.Metadata, root] : [download.Metadata];
        var paths = Directory.Exists(target) ? PathsIn(target, image.Fingerprint.Hex, files) : PathsAt(target, files);
        foreach (var (file, path) in files.Zip(paths))
            file.Content.MoveTo(path, published: false);
        if (!ImageCommand.IsQuiet(result))
            result.InvocationConfiguration.Output.WriteLine("Image exported successfully!");
        return 0;
    }

    private static string[] PathsIn(string directory, string fingerprint, FetchedImageFile[] files) =>
        [.. files.Select((file, i) => Path.Combine(directory, file.Name.Length > 0 ? file.Name : i == 0 ? fingerprint : $"{fingerprint}.root"))];

    private static string[] PathsAt(string target, FetchedImageFile[] files) => files switch
    {
        // What follows the fingerprint: ".tar.xz".
        [{ Name: var name }] when name.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot => [target + name[dot..]],
        [_] => [target],
        _ => [target, $"{target}.root"],
    };
}
