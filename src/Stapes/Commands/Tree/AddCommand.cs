using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Stapes.Output;
using Stapes.Protocols.Simplestreams;
using Stapes.Protocols.Simplestreams.Tree;

namespace Stapes.Commands.Tree;

/// <summary><c>add</c>: one image, or with <c>--batch</c> all of a directory.</summary>
internal static class AddCommand
{
    private static readonly Argument<string?> Metadata = new("metadata tarball")
    {
        Description = "The metadata tarball; of a unified image the whole of it",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<string?> Data = new("data file")
    {
        Description = "The root file system or disk of a split image: squashfs, qcow2 or tarball",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string[]> Alias = new("--alias") { Description = "Add alias, also to a product that exists (repeatable)", HelpName = "NAME" };

    private static readonly Option<bool> NoDefaultAlias = new("--no-default-alias") { Description = "Do not add the default alias os/release/variant to a new product" };

    private static readonly Option<string?> ProductName = new("--product-name")
    {
        Description = "Set the product name [default: os:release:variant:architecture]",
        HelpName = "NAME",
    };

    private static readonly Option<string> For = new("--for")
    {
        Description = "Whose clients shall see the image",
        HelpName = "incus|lxd|both",
        DefaultValueFactory = static _ => "both",
    };

    private static readonly Option<KeyValuePair<string, string>[]> Requirement = KeyValueOption.Create("--requirement", "What the image needs, such as secureboot=false (repeatable)");

    private static readonly Option<string?> ReleaseTitle = new("--release-title") { Description = "The release as people read it [default: the release]", HelpName = "TITLE" };

    private static readonly Option<DateOnly?> SupportEol = new("--support-eol")
    {
        Description = "The day on which support ends",
        HelpName = "YYYY-MM-DD",
        CustomParser = static result => ReadDate(result),
    };

    private static readonly Option<string?> Serial = new("--serial")
    {
        Description = "The version's name, starting with YYYYMMDD [default: the creation date as YYYYMMDDhhmm in UTC]",
        HelpName = "SERIAL",
    };

    private static readonly Option<string?> Batch = new("--batch") { Description = "Add every image in a directory and those below it, all or none; images that are there already are left out", HelpName = "DIR" };

    private static readonly Option<bool> Move = new("--move") { Description = "Move the files into the tree instead of copying them; across file systems they are copied, then deleted" };

    public static Command Create()
    {
        For.AcceptOnlyFromAmong("incus", "lxd", "both");
        var command = new Command("add", """
            Add an image to the tree

            Reads architecture, creation_date and the properties os, release, variant and architecture from the metadata.yaml in the metadata tarball.
            One argument is a unified image, with metadata and root file system in one tarball; two are a split image.
            """)
        {
            Metadata, Data, Alias, NoDefaultAlias, ProductName, For, Requirement, ReleaseTitle, SupportEol, Serial, Batch, Move,
        };
        command.Aliases.Add("import");
        command.Validators.Add(static result =>
        {
            if (result.GetValue(Metadata) is null == result.GetValue(Batch) is null)
                result.AddError("Give a metadata tarball with or without a data file, or --batch DIR");
            else if (result.GetValue(Batch) is not null && result.GetValue(Serial) is not null)
                result.AddError("--serial is for one image, not for --batch");
        });
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        var tree = TreeCommand.Open(result);
        var options = ReadOptions(result);
        var move = result.GetValue(Move);
        if (result.GetValue(Batch) is { } directory)
            return await RunBatchAsync(tree, directory, options, move, cancellation);

        var metadata = result.GetValue(Metadata)!;
        var data = result.GetValue(Data);
        var index = TreeReadAhead.StartAsync(tree);
        using var staged = await TransferProgress.RunAsync(
            "Reading", FileSize.Of(metadata, data), progress => StagedImage.ReadAsync(tree, metadata, data, move, progress, flush: true, cancellation));
        TreeAdd.RequireListable(staged.Image, options);
        using (var transaction = await tree.BeginAsync(create: true, index, cancellation))
        {
            var added = TreeAdd.Add(transaction, staged.Image, options, (file, path) => staged.PlaceIn(transaction, file, path));
            transaction.Commit();
            added.Warnings.WriteTo(Console.Error);
        }

        if (move)
            staged.DeleteSources();
        return 0;
    }

    private static async Task<int> RunBatchAsync(SimplestreamsTree tree, string directory, AddOptions options, bool move, CancellationToken cancellation)
    {
        var result = await TransferProgress.RunAsync("Reading", FileSize.OfDirectory(directory), progress =>
            TreeBatch.AddAsync(tree, directory, options, move, progress, cancellation));
        result.Warnings.WriteTo(Console.Error);
        Console.WriteLine($"{result.Added} added, {result.Present} already there");
        return 0;
    }

    private static AddOptions ReadOptions(ParseResult result) => new()
    {
        Aliases = result.GetValue(Alias) ?? [],
        DefaultAlias = !result.GetValue(NoDefaultAlias),
        ProductName = result.GetValue(ProductName),
        Audiences = result.GetValue(For) switch
        {
            "incus" => [Audience.Incus],
            "lxd" => [Audience.Lxd],
            _ => [Audience.Incus, Audience.Lxd],
        },
        Requirements = (result.GetValue(Requirement) ?? []).ToDictionary(),
        ReleaseTitle = result.GetValue(ReleaseTitle),
        SupportEol = result.GetValue(SupportEol),
        Serial = result.GetValue(Serial),
    };

    private static DateOnly? ReadDate(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            return date;
        result.AddError($"\"{text}\" is no date YYYY-MM-DD");
        return null;
    }
}
