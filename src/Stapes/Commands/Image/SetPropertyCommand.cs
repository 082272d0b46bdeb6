using System.CommandLine;

namespace Stapes.Commands.Image;

/// <summary><c>image set-property</c>.</summary>
internal static class SetPropertyCommand
{
    private static readonly Argument<string> Image = ImageArgument.Create();

    private static readonly Argument<string[]> Pairs = new("key=value") { Description = "Properties; the value - is read from standard input", Arity = ArgumentArity.OneOrMore };

    public static Command Create()
    {
        var command = new Command("set-property", "Set image properties") { Image, Pairs };
        command.SetAction(async (result, cancellation) =>
        {
            // Older clients took «KEY VALUE» too.
            IReadOnlyList<string> pairs = result.GetRequiredValue(Pairs) is [var key, var value] && !KeyValues.IsPair(key) ? [$"{key}={value}"] : result.GetRequiredValue(Pairs);
            var values = await KeyValues.ReadAsync(pairs, cancellation);
            await ChangeAsync(result, result.GetRequiredValue(Image), Set, cancellation);

            void Set(Dictionary<string, string?> properties)
            {
                foreach (var (name, text) in values)
                    properties[name] = text;
            }
        });
        return command;
    }

    /// <summary>Changes properties, unless the image changes meanwhile.</summary>
    public static async Task ChangeAsync(ParseResult result, string word, Action<Dictionary<string, string?>> change, CancellationToken cancellation)
    {
        var book = RemoteOptions.Book(result);
        var name = book.Parse(word);
        using var server = book.OpenIncus(name.Place, "change properties");
        var (image, etag) = await server.FindAsync(name, vm: false, cancellation);
        var properties = image.Properties.ToDictionary(static p => p.Key, static p => (string?)p.Value);
        change(properties);
        await server.UpdateImageAsync(image.Fingerprint, ImageFields.Of(image) with { Properties = properties }, etag, cancellation);
    }
}
