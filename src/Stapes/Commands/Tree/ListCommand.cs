using System.CommandLine;
using System.Globalization;
using Stapes.Core.Images;
using Stapes.Output;
using Stapes.Protocols.Incus;
using Stapes.Protocols.Simplestreams;

namespace Stapes.Commands.Tree;

/// <summary><c>list</c>: the images as clients see them.</summary>
internal static class ListCommand
{
    private static readonly string[] Headers = ["FINGERPRINT", "DESCRIPTION", "OS", "RELEASE", "VARIANT", "ARCHITECTURE", "TYPE", "CREATED"];

    public static Command Create()
    {
        var format = FormatOption.Create();
        var command = new Command("list", """
            List all images of the tree

            Shows the images as a client sees them: those of Incus, and after them those that only LXD lists.
            """) { format };
        command.Aliases.Add("ls");
        command.SetAction(async (result, cancellation) =>
        {
            var images = (await TreeCommand.Open(result).ReadAsync(cancellation)).List();
            var rows = images.Select(Row).Order(NaturalRowOrder.Instance).ToList();
            ListPrinter.Print(
                Console.Out, result.GetRequiredValue(format), Headers, rows,
                images.Select(Record), IncusJsonContext.Default.IEnumerableImageRecord);
        });
        return command;
    }

    private static IReadOnlyList<string> Row(ListedImage image) =>
    [
        image.Fingerprint,
        image.Description,
        image.Os,
        image.Release,
        image.Variant,
        image.Architecture.Name,
        image.Type.ToName(),
        image.CreatedAt.ToString("yyyy'/'MM'/'dd HH':'mm 'UTC'", CultureInfo.InvariantCulture),
    ];

    private static ImageRecord Record(ListedImage image) => new()
    {
        Properties = image.Properties,
        Public = true,
        ExpiresAt = image.ExpiresAt ?? DateTimeOffset.UnixEpoch,
        Aliases = image.Aliases.Count == 0 ? null : [.. image.Aliases.Select(static a => new ImageAliasRecord(a, ""))],
        Architecture = image.Architecture.Name,
        Filename = image.FileName,
        Fingerprint = image.Fingerprint,
        Size = image.Size,
        Type = image.Type.ToName(),
        CreatedAt = image.CreatedAt,
        UploadedAt = image.CreatedAt,
    };
}
