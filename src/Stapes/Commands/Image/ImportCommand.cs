using System.CommandLine;
using Stapes.Core;
using Stapes.Output;
using Stapes.Protocols.Incus.Client;

namespace Stapes.Commands.Image;

/// <summary><c>image import</c>.</summary>
internal static class ImportCommand
{
    private static readonly Argument<string> Image = new("tarball|directory|URL") { Description = "The metadata tarball; of a unified image the whole of it, or a directory to make it of" };

    private static readonly Argument<string[]> Words = new("rootfs tarball|remote:|key=value")
    {
        Description = "The root file system or disk of a split image: squashfs, qcow2 or tarball; after it the remote to import to, and properties to set",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string[]> Alias = new("--alias") { Description = "New aliases to add to the image (may be passed multiple times)", HelpName = "NAME" };

    private static readonly Option<bool> Public = new("--public") { Description = "Make image public" };

    private static readonly Option<bool> Reuse = new("--reuse") { Description = "If the image alias already exists, delete and create a new one" };

    public static Command Create()
    {
        Words.Offer(ImageCompletion.Remotes);
        var command = new Command("import", """
            Import image into the image store

            One tarball is a unified image, two files are a split one. A directory holds metadata.yaml, rootfs and, if there are any,
            templates; packing it takes root. From a https:// URL the server fetches the image itself.
            """) { Image, Words, Alias, Public, Reuse };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var (root, remote, pairs) = Read(result.GetValue(Words) ?? []);
        var book = RemoteOptions.Book(result);
        var image = result.GetRequiredValue(Image);
        var properties = await KeyValues.ReadAsync(pairs, cancellation);
        using var server = book.OpenIncus(remote is null ? book.Default : book.ParsePlace(remote), "import images");

        var fingerprint = Path.Exists(image) || !image.Contains("://", StringComparison.Ordinal)
            ? await UploadAsync(result, server, image, root, properties, cancellation)
            : await FetchAsync(result, server, image, root, properties, cancellation);
        if (!ImageCommand.IsQuiet(result))
            result.InvocationConfiguration.Output.WriteLine($"Image imported with fingerprint: {fingerprint}");

        var aliases = result.GetValue(Alias) ?? [];
        if (aliases.Length > 0)
            await ImportAliases.MoveAsync(server, aliases, fingerprint, result.GetValue(Reuse), cancellation);
        return 0;
    }

    private static async Task<string> UploadAsync(
        ParseResult result, IncusClient server, string image, string? root, IReadOnlyDictionary<string, string> properties, CancellationToken cancellation)
    {
        using var packed = Directory.Exists(image) ? await PackedDirectory.PackAsync(image, cancellation) : null;
        var upload = new UploadRequest(packed?.Path ?? image, root) { Public = result.GetValue(Public), Properties = properties };
        return await ProgressLines.RunAsync(
            ImageCommand.IsQuiet(result), lines => server.UploadAsync(upload, lines?.Watch("Transferring", Path.GetFileName(image.TrimEnd('/'))), cancellation));
    }

    private static Task<string> FetchAsync(
        ParseResult result, IncusClient server, string url, string? root, IReadOnlyDictionary<string, string> properties, CancellationToken cancellation) => root switch
    {
        not null => throw new StapesException(ErrorKind.Invalid, $"An image from a URL takes no second file, such as {root}"),
        _ when url.StartsWith("https://", StringComparison.Ordinal) => ProgressLines.RunAsync(
            ImageCommand.IsQuiet(result), lines => server.ImportAsync(url, result.GetValue(Public), properties, lines?.Watch("Importing", ""), cancellation)),
        _ => throw new StapesException(ErrorKind.Invalid, $"Only https:// is supported for remote image import, not {url}"),
    };

    // From the end: properties, a remote, and what is left is a file.
    private static (string? Root, string? Remote, IEnumerable<string> Pairs) Read(IReadOnlyList<string> words)
    {
        var pairs = words.Reverse().TakeWhile(KeyValues.IsPair).Count();
        var (root, remote) = words.SkipLast(pairs).ToList() switch
        {
            [] => (default(string), default(string)),
            [[.., ':'] name] => (null, name),
            [var file] => (file, null),
            [var file, [.., ':'] name] => (file, name),
            [_, var word, ..] => throw new StapesException(ErrorKind.Invalid, $"Invalid number of arguments: \"{word}\" is neither a remote nor KEY=VALUE"),
        };
        return (root, remote, words.TakeLast(pairs));
    }
}
