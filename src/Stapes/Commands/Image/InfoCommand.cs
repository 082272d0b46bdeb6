using System.CommandLine;
using Stapes.Output;
using Stapes.Protocols.Incus;

namespace Stapes.Commands.Image;

/// <summary><c>image info</c>: an image as people read it.</summary>
internal static class InfoCommand
{
    private static readonly Argument<string> Image = ImageArgument.Create();

    private static readonly Option<bool> Vm = ImageArgument.CreateVmOption();

    public static Command Create()
    {
        var command = new Command("info", "Show useful information about images") { Image, Vm };
        command.SetAction(async (result, cancellation) =>
        {
            var book = RemoteOptions.Book(result);
            var image = await book.FindAsync(book.Parse(result.GetRequiredValue(Image)), result.GetValue(Vm), cancellation);
            using var text = new StringWriter();
            Write(text, image);
            await result.InvocationConfiguration.Output.WriteAsync(TerminalText.Of(text.ToString()));
        });
        return command;
    }

    private static void Write(TextWriter writer, ImageRecord image)
    {
        writer.WriteLine($"Fingerprint: {image.Fingerprint}");
        writer.WriteLine($"Size: {Mebibytes.Of(image.Size)}");
        writer.WriteLine($"Architecture: {image.Architecture}");
        writer.WriteLine($"Type: {(image.Type.Length == 0 ? "container" : image.Type)}");
        writer.WriteLine($"Public: {(image.Public ? "yes" : "no")}");
        writer.WriteLine("Timestamps:");
        if (image.CreatedAt != default)
            writer.WriteLine($"    Created: {LocalTime.Format(image.CreatedAt)}");
        writer.WriteLine($"    Uploaded: {LocalTime.Format(image.UploadedAt)}");
        writer.WriteLine($"    Expires: {TimeOrNever(image.ExpiresAt)}");
        writer.WriteLine($"    Last used: {TimeOrNever(image.LastUsedAt)}");
        writer.WriteLine("Properties:");
        foreach (var (key, value) in image.Properties)
            writer.WriteLine($"    {key}: {value}");
        writer.WriteLine("Aliases:");
        foreach (var alias in image.Aliases ?? [])
            writer.WriteLine(string.IsNullOrEmpty(alias.Description) ? $"    - {alias.Name}" : $"    - {alias.Name} ({alias.Description})");
        writer.WriteLine($"Cached: {(image.Cached ? "yes" : "no")}");
        writer.WriteLine($"Auto update: {(image.AutoUpdate ? "enabled" : "disabled")}");
        if (image.UpdateSource is { } source)
        {
            writer.WriteLine("Source:");
            writer.WriteLine($"    Server: {source.Server}");
            writer.WriteLine($"    Protocol: {source.Protocol}");
            writer.WriteLine($"    Alias: {source.Alias}");
        }

        writer.WriteLine(image.Profiles is { Count: > 0 } ? "Profiles:" : "Profiles: []");
        foreach (var profile in image.Profiles ?? [])
            writer.WriteLine($"    - {profile}");
    }

    private static string TimeOrNever(DateTimeOffset time) => time == default ? "never" : LocalTime.Format(time);
}
