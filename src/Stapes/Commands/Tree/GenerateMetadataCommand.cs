using System.CommandLine;
using System.Globalization;
using Stapes.Core;
using Stapes.Core.Images;
using Stapes.Core.Storage.FileSystem;
using Stapes.Output;
using Stapes.Protocols.Simplestreams;

namespace Stapes.Commands.Tree;

/// <summary><c>generate-metadata</c>: a metadata tarball for a disk or root file system that has none.</summary>
internal static class GenerateMetadataCommand
{
    private static readonly Argument<string> Target = new("path") { Description = "The tarball to write; a file of that name is replaced at the end" };

    private static readonly Option<string?> Os = new("--os") { Description = "Operating system name", HelpName = "NAME" };

    private static readonly Option<string?> Release = new("--release") { Description = "Release name", HelpName = "NAME" };

    private static readonly Option<string?> Variant = new("--variant") { Description = "Variant name, usually \"default\"", HelpName = "NAME" };

    private static readonly Option<string?> ArchitectureName = new("--architecture") { Description = "Architecture name, such as amd64 or aarch64", HelpName = "NAME" };

    private static readonly Option<string?> Description = new("--description") { Description = "Description; empty for the default", HelpName = "TEXT" };

    private static readonly Option<long?> CreationDate = new("--creation-date")
    {
        Description = "Creation date in seconds since 1970 [default: SOURCE_DATE_EPOCH, or now]; with it the same answers give the same bytes",
        HelpName = "SECONDS",
    };

    private static readonly Option<KeyValuePair<string, string>[]> Property = KeyValueOption.Create("--property", "One more property (repeatable)");

    private static readonly Option<KeyValuePair<string, string>[]> Requirement = KeyValueOption.Create("--requirement", "What the image needs, such as secureboot=false (repeatable)");

    private static readonly Option<string?> Templates = new("--templates")
    {
        Description = "Templates to put in, in a directory laid out like the instance: etc/hostname.tpl becomes /etc/hostname",
        HelpName = "DIR",
    };

    public static Command Create()
    {
        var command = new Command("generate-metadata", """
            Generate a metadata tarball

            Produces an incus.tar.xz tarball for use with an existing QCOW2 or squashfs disk image. Asks for what the options do not say:
            operating system, release, variant, architecture and description.
            """)
        {
            Target, Os, Release, Variant, ArchitectureName, Description, CreationDate, Property, Requirement, Templates,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        // Whatever can be wrong is found before the first question.
        var target = Path.GetFullPath(result.GetRequiredValue(Target));
        var templates = result.GetValue(Templates) is { } directory ? MetadataTemplate.ReadDirectory(directory) : [];
        if (Directory.Exists(target) || !Directory.Exists(Path.GetDirectoryName(target)))
            throw new StapesException(ErrorKind.Invalid, $"{target} cannot be a file: it is a directory, or lies in none");

        var metadata = Ask(result, ReadCreationDate(result));
        // Beside the target, so that it can take its name in one step.
        var staging = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.stapes");
        try
        {
            using var staged = StagedFile.Create(staging);
            await MetadataTarballWriter.WriteAsync(staged.Content, metadata, templates, cancellation);
            staged.Flush();
            staged.MoveTo(target);
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }

        return 0;
    }

    private static ImageMetadata Ask(ParseResult result, DateTimeOffset created)
    {
        var os = result.GetValue(Os) ?? Question.Ask("Operating system name: ");
        var release = result.GetValue(Release) ?? Question.Ask("Release name: ");
        var variant = result.GetValue(Variant) ?? Question.Ask("Variant name [default=\"default\"]: ", "default");
        var name = result.GetValue(ArchitectureName) ?? Question.Ask("Architecture name: ", accept: static a => Architecture.TryParse(a, out _));
        var architecture = Architecture.Parse(name);
        var usual = $"{os} {release} ({variant}) ({name}) ({Serial.FromTime(created)})";
        var description = result.GetValue(Description) ?? Question.Ask($"Description [default=\"{usual}\"]: ", usual);

        var properties = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["os"] = Required(os, "--os"),
            ["release"] = Required(release, "--release"),
            ["variant"] = variant.Length == 0 ? "default" : variant,
            ["architecture"] = name,
            ["description"] = description.Length == 0 ? usual : description,
        };
        foreach (var (key, value) in result.GetValue(Property) ?? [])
            properties[key] = value;
        foreach (var (key, value) in result.GetValue(Requirement) ?? [])
            properties[$"requirements.{key}"] = value;
        return new() { Architecture = architecture, CreatedAt = created, Properties = properties };
    }

    private static DateTimeOffset ReadCreationDate(ParseResult result)
    {
        var seconds = result.GetValue(CreationDate)
            ?? (long.TryParse(Environment.GetEnvironmentVariable("SOURCE_DATE_EPOCH"), CultureInfo.InvariantCulture, out var epoch) ? epoch
                : DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        return seconds is > 0 and <= 253402300799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw new StapesException(ErrorKind.Invalid, $"The creation date {seconds} is no time: give seconds since 1970");
    }

    private static string Required(string value, string option) =>
        value.Length > 0 ? value : throw new StapesException(ErrorKind.Invalid, $"{option} cannot be empty: images are found by it");
}
