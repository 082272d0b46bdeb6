using System.CommandLine;
using System.Text.Json;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Library;
using Stapes.Core.Remotes;
using Stapes.Output;
using Stapes.Protocols.Incus;
using Stapes.Remotes;

namespace Stapes.Commands.Image;

/// <summary><c>image copy</c>: from any place to any place.</summary>
internal static class CopyCommand
{
    private static readonly Argument<string> Source = new("[remote:]image") { Description = "An image of a remote or directory; with --all or filters only the remote" };

    private static readonly Argument<string> Target = new("remote:") { Description = "Where to copy it: a server that lets us write, or a directory with a simplestreams tree, such as ./tree:" };

    private static readonly Argument<string[]> Filters = new("filter") { Description = "Copy all images that pass these, as for `image list`", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<bool> All = new("--all") { Description = "Copy all images of the remote" };

    private static readonly Option<string[]> Alias = new("--alias") { Description = "New aliases to add to the image (may be passed multiple times)", HelpName = "NAME" };

    private static readonly Option<bool> CopyAliases = new("--copy-aliases") { Description = "Copy aliases from source" };

    private static readonly Option<bool> AutoUpdate = new("--auto-update") { Description = "Keep the image up to date after initial copy" };

    private static readonly Option<bool> Public = new("--public") { Description = "Make image public" };

    private static readonly Option<bool> Vm = new("--vm") { Description = "Copy virtual machine images" };

    private static readonly Option<string?> Mode = new("--mode") { Description = "Transfer mode. One of pull, push or relay [default: pull, or relay where that is impossible]", HelpName = "MODE" };

    private static readonly Option<string?> Arch = new("--arch") { Description = "Copy images of this architecture [default: this machine's first]", HelpName = "NAME" };

    private static readonly Option<string[]> Profile = new("--profile", "-p") { Description = "Profile to apply to the new image (may be passed multiple times)", HelpName = "NAME" };

    private static readonly Option<bool> Reuse = new("--reuse") { Description = "If an alias already exists, have it lead to the new image" };

    private static readonly Option<string?> TargetProject = new("--target-project") { Description = "Copy to a project different from the source", HelpName = "NAME" };

    public static Command Create()
    {
        Target.Offer(ImageCompletion.Remotes);
        Source.Offer(ImageCompletion.Images);
        Mode.AcceptOnlyFromAmong(CopyRoute.Pull, CopyRoute.Push, CopyRoute.Relay);
        var command = new Command("copy", """
            Copy images between servers

            What the target has already is not fetched. What was fetched before a copy broke off is continued by the next one.

            The auto-update flag instructs the server to keep this image up to date. It requires the source to be an alias and for it to be public.
            """) { Source, Target, Filters, All, Alias, CopyAliases, AutoUpdate, Public, Vm, Mode, Arch, Profile, Reuse, TargetProject };
        command.Aliases.Add("cp");
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var book = RemoteOptions.Book(result);
        var word = book.Parse(result.GetRequiredValue(Source));
        var place = book.ParsePlace(result.GetRequiredValue(Target));
        var (type, architecture) = (result.GetValue(Vm) ? ImageType.VirtualMachine : (ImageType?)null, result.GetValue(Arch) is { } name ? Architecture.Parse(name) : null);
        RequireSense(result, word, place);

        using var source = book.Open(word.Place);
        using var target = CopyTargets.Open(book, place, result.GetValue(TargetProject));
        var items = IsMany(result)
            ? await SelectAsync(source, word.Place, result.GetValue(Filters) ?? [], type, architecture, cancellation)
            : [await FindAsync(source, word, type, architecture, cancellation)];
        var options = new CopyOptions
        {
            Add = AddOptions(result),
            CopyAliases = result.GetValue(CopyAliases),
            Direct = await new CopyRoute(book, word.Place, place, result.GetValue(TargetProject)).FindAsync(result.GetValue(Mode), source, target, type, cancellation),
        };
        var progress = new CopyProgress(result.InvocationConfiguration.Error, IsMany(result) ? static failed => $"Error: {Name(failed.Item)}: {Message(failed.Failure!)}" : null);
        var results = await progress.RunAsync(ImageCommand.IsQuiet(result), () => new ImageCopier(source, target, options, progress).CopyAsync(items, cancellation));
        return Report(result, results);
    }

    private static bool IsMany(ParseResult result) => result.GetValue(All) || result.GetValue(Filters) is { Length: > 0 };

    private static void RequireSense(ParseResult result, ImageWord word, RemotePlace target)
    {
        if (IsMany(result) && word.Name.Length > 0)
            throw new StapesException(ErrorKind.Invalid, $"\"{word.Name}\" names one image, --all and filters many: leave out the one or the others");
        if (IsMany(result) && result.GetValue(Alias) is { Length: > 0 })
            throw new StapesException(ErrorKind.Invalid, "An alias leads to one image: leave out --alias, or copy with --copy-aliases");
        if (result.GetValue(Mode) is not (null or CopyRoute.Pull) && result.GetValue(AutoUpdate))
            throw new StapesException(ErrorKind.Invalid, "Auto update is only available in pull mode");
        if (word.Place == target && result.GetValue(TargetProject) is null)
            throw new StapesException(ErrorKind.Invalid, "The source and target servers must be different");
    }

    private static async Task<CopyItem> FindAsync(IRemote source, ImageWord word, ImageType? type, Architecture? architecture, CancellationToken cancellation)
    {
        var image = await source.RequireAsync(word, type, architecture, cancellation);
        // A server that is asked for the name would choose another architecture than the wanted one.
        var isAlias = architecture is null && !image.Fingerprint.Hex.StartsWith(word.Name, StringComparison.OrdinalIgnoreCase);
        return new(image, isAlias ? word.NameOrDefault : null);
    }

    private static async Task<IReadOnlyList<CopyItem>> SelectAsync(
        IRemote source, RemotePlace place, IReadOnlyList<string> filters, ImageType? type, Architecture? architecture, CancellationToken cancellation)
    {
        var filter = new ImageFilter(filters);
        return [.. (await source.ListAsync(cancellation))
            .Where(i => (type is null || i.Type == type) && (architecture is null || i.Architecture == architecture) && Matches(filter, i, place))
            .Select(static i => new CopyItem(i))];
    }

    private static bool Matches(ImageFilter filter, RemoteImage image, RemotePlace place)
    {
        var record = RemoteImageRecord.Of(image, place);
        return filter.Matches(record, () => JsonSerializer.SerializeToElement(record, IncusJsonContext.Default.ImageRecord));
    }

    private static ImageAddOptions AddOptions(ParseResult result) => new()
    {
        Project = result.GetValue(TargetProject) ?? Core.Library.Image.DefaultProject,
        Public = result.GetValue(Public),
        AutoUpdate = result.GetValue(AutoUpdate),
        Aliases = [.. (result.GetValue(Alias) ?? []).Select(static a => new ImageAlias(a, ""))],
        ReplaceAliases = result.GetValue(Reuse),
        Profiles = result.GetValue(Profile) ?? [],
    };

    private static int Report(ParseResult result, IReadOnlyList<CopyResult> results)
    {
        if (!IsMany(result) && results is [{ Failure: { } failure }])
            throw failure is StapesException ? failure : new StapesException(ErrorKind.Unavailable, Message(failure), failure);
        var failed = results.Count(static r => r.Outcome is CopyOutcome.Failed);
        var present = results.Count(static r => r.Outcome is CopyOutcome.Present);
        if (!ImageCommand.IsQuiet(result))
        {
            result.InvocationConfiguration.Output.WriteLine(IsMany(result)
                ? $"{results.Count - present - failed} copied, {present} already there{(failed > 0 ? $", {failed} failed" : "")}"
                : present > 0 ? $"Image {results[0].Item.Image.Fingerprint.Hex[..12]} is already there" : "Image copied successfully!");
        }

        return failed > 0 ? 1 : 0;
    }

    private static string Name(CopyItem item) => item.Name ?? item.Image.Fingerprint.Hex[..12];

    private static string Message(Exception failure) => ErrorMessage.TryDescribe(failure, out var message) ? message : failure.Message;
}
