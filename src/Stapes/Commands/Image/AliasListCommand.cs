using System.CommandLine;
using System.Text.Json;
using Stapes.Core.Images;
using Stapes.Output;
using Stapes.Protocols.Incus;
using Stapes.Remotes;

namespace Stapes.Commands.Image;

/// <summary><c>image alias list</c>.</summary>
internal static class AliasListCommand
{
    private static readonly Argument<string[]> Words = new("[remote:] filter") { Description = "Parts of aliases or fingerprints, or a remote: and such", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<string> ColumnsOption = new("--columns", "-c") { Description = "Columns", HelpName = "LETTERS", DefaultValueFactory = static _ => "aftd" };

    private static readonly Option<ListFormat> Format = FormatOption.Create();

    public static Command Create()
    {
        Words.Offer(ImageCompletion.Remotes);
        var command = new Command("list", """
            List image aliases

            Filters are parts of fingerprints or of aliases; an alias has to pass one of them.

            Columns, for tables and CSV, with or without commas between them:
              a  alias    f  fingerprint, short    t  type    d  description
            """) { Words, ColumnsOption, Format };
        command.Aliases.Add("ls");
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var book = RemoteOptions.Book(result);
        var (place, filters) = book.TakePlace(result.GetValue(Words) ?? []);
        var columns = Columns.Parse(result.GetRequiredValue(ColumnsOption), Letter);
        var aliases = (await ReadAsync(book, place, cancellation)).EnumerateArray()
            .Select(static raw => (Alias: raw.Deserialize(IncusJsonContext.Default.AliasRecord)!, Raw: raw))
            .Where(a => filters.Count == 0 || filters.Any(f => a.Alias.Name.Contains(f, StringComparison.Ordinal) || a.Alias.Target.Contains(f, StringComparison.Ordinal)))
            .ToList();
        var rows = aliases.Select(a => (IReadOnlyList<string>)[.. columns.Select(c => c.Cell(a.Alias))]).Order(NaturalRowOrder.Instance).ToList();
        ListPrinter.Print(
            result.InvocationConfiguration.Output, result.GetRequiredValue(Format), [.. columns.Select(static c => c.Header)], rows,
            RawJson.List(aliases.Select(static a => a.Raw)), IncusJsonContext.Default.IReadOnlyListAliasRecord);
        return 0;
    }

    private static async Task<JsonElement> ReadAsync(RemoteBook book, RemotePlace place, CancellationToken cancellation)
    {
        if (place.IsIncus)
        {
            using var server = book.OpenIncus(place, "list aliases");
            return await server.ListAliasesAsync(cancellation);
        }

        using var remote = book.Open(place);
        IReadOnlyList<AliasRecord> aliases =
        [
            .. from image in await remote.ListAsync(cancellation)
               from alias in image.Aliases
               select new AliasRecord { Name = alias.Name, Target = image.Fingerprint.Hex, Type = image.Type.ToName() },
        ];
        return JsonSerializer.SerializeToElement([.. aliases.DistinctBy(static a => (a.Name, a.Type))], IncusJsonContext.Default.IReadOnlyListAliasRecord);
    }

    private static Column<AliasRecord>? Letter(char letter) => letter switch
    {
        'a' => new("ALIAS", static a => a.Name),
        'f' => new("FINGERPRINT", static a => ImageColumns.Short(a.Target)),
        't' => new("TYPE", static a => a.Type.Length == 0 ? "CONTAINER" : a.Type.ToUpperInvariant()),
        'd' => new("DESCRIPTION", static a => a.Description),
        _ => null,
    };
}
