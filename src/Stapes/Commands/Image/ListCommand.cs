using System.CommandLine;
using System.Text.Json;
using Stapes.Core;
using Stapes.Output;
using Stapes.Protocols.Incus;
using Stapes.Remotes;

namespace Stapes.Commands.Image;

/// <summary><c>image list</c>.</summary>
internal static class ListCommand
{
    private static readonly Argument<string[]> Words = new("[remote:] filter") { Description = "What to list, or a remote: and what", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<string> ColumnsOption = new("--columns", "-c")
    {
        Description = "Columns",
        HelpName = "LETTERS",
        DefaultValueFactory = static _ => ImageColumns.Default,
    };

    private static readonly Option<bool> AllProjects = new("--all-projects") { Description = "Display images from all projects" };

    private static readonly Option<ListFormat> Format = FormatOption.Create();

    public static Command Create()
    {
        Words.Offer(ImageCompletion.Remotes);
        var command = new Command("list", """
            List images

            A filter is KEY=VALUE for a property or a field (os=debian, type=virtual-machine), where VALUE may be a regular expression, or a part
            of a fingerprint or of an alias. An image has to pass all of them.

            Columns, for tables and CSV, with or without commas between them:
              l  shortest alias, and how many more    L  all aliases
              f  fingerprint, short                   F  fingerprint
              p  whether public                       d  description
              e  project                              a  architecture
              s  size                                 u  upload date
              t  type                                 properties:KEY  a property
            """) { Words, ColumnsOption, Format, AllProjects };
        command.Aliases.Add("ls");
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var book = RemoteOptions.Book(result);
        var (place, filters) = book.TakePlace(result.GetValue(Words) ?? []);
        var allProjects = result.GetValue(AllProjects);
        var letters = result.GetRequiredValue(ColumnsOption);
        var columns = ImageColumns.Parse(allProjects && letters == ImageColumns.Default ? ImageColumns.DefaultOfAllProjects : letters);

        var images = place.IsIncus
            ? await FindAsync(book, place, new(filters), allProjects, cancellation)
            : await FindAsync(book, place, new(filters), cancellation);
        var rows = images.Select(i => (IReadOnlyList<string>)[.. columns.Select(c => c.Cell(i.Image))]).Order(NaturalRowOrder.Instance).ToList();
        var format = result.GetRequiredValue(Format);
        // The kinds of table have no use for it.
        var raw = format.Kind is ListKind.Json or ListKind.Yaml ? RawJson.List(images.Select(static i => i.Raw)) : default;
        ListPrinter.Print(
            result.InvocationConfiguration.Output, format, [.. columns.Select(static c => c.Header)], rows,
            raw, format.Kind is ListKind.Yaml ? IncusJsonContext.Default.IReadOnlyListImageRecord : null);
        return 0;
    }

    private static async Task<IReadOnlyList<ListedImage>> FindAsync(RemoteBook book, RemotePlace place, ImageFilter filter, bool allProjects, CancellationToken cancellation)
    {
        using var server = book.OpenIncus(place, "list images");
        try
        {
            return Select(await server.ListImagesAsync(filter.OfServer, allProjects, cancellation), filter.Rest);
        }
        catch (StapesException) when (filter.OfServer.Length > 0)
        {
            // A value that the server's filter language cannot hold, such as one with a space.
            return Select(await server.ListImagesAsync("", allProjects, cancellation), filter);
        }
    }

    private static async Task<IReadOnlyList<ListedImage>> FindAsync(RemoteBook book, RemotePlace place, ImageFilter filter, CancellationToken cancellation)
    {
        using var remote = book.Open(place);
        return [.. (await remote.ListAsync(cancellation)).Select(i => new ListedImage(RemoteImageRecord.Of(i, place))).Where(i => filter.Matches(i.Image, () => i.Raw))];
    }

    private static IReadOnlyList<ListedImage> Select(JsonElement list, ImageFilter filter) =>
        [.. list.EnumerateArray().Select(static raw => new ListedImage(raw.Deserialize(IncusJsonContext.Default.ImageRecord)!, raw)).Where(i => filter.Matches(i.Image, () => i.Raw))];

    /// <summary>An image, and the same as the server wrote it: with its fields, and times to the nanosecond.</summary>
    private sealed class ListedImage(ImageRecord image, JsonElement? raw = null)
    {
        public ImageRecord Image => image;

        public JsonElement Raw => field.ValueKind is JsonValueKind.Undefined ? field = raw ?? JsonSerializer.SerializeToElement(image, IncusJsonContext.Default.ImageRecord) : field;
    }
}
